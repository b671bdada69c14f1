import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { isoCBOR } from '@simplewebauthn/server/helpers';

/** What an authenticator or a browser may get wrong, or a thief may try. */
export interface Whims {
  origin?: string;
  rpId?: string;
  /** Without a finger, a face or a PIN. */
  isUnverified?: boolean;
  /** Nobody touched it. */
  isAbsent?: boolean;
  counter?: number;
  type?: string;
  /** Another challenge than the one that was asked. */
  challenge?: string;
  userHandle?: string | null;
  /** Signs with another passkey's key. */
  signer?: SoftPasskey;
  isCrossOrigin?: boolean;
}

export interface SoftPasskey {
  id: string;
  /** PKCS 8. */
  privateKey: Buffer;
  userHandle: string;
  counter: number;
  /** Copied to other devices, as phones do; or bound to its hardware, as security keys are. */
  isSynced: boolean;
}

/** A device with passkeys, in software: what a browser and an authenticator do together (WebAuthn, sections 5 and 6). */
export class Authenticator {
  constructor(
    readonly origin: string,
    readonly isSynced = true,
  ) {}

  /** As `navigator.credentials.create` answers. */
  create(
    options: PublicKeyCredentialCreationOptionsJSON,
    whims: Whims & { id?: string } = {},
  ): { passkey: SoftPasskey; response: RegistrationResponseJSON } {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const passkey: SoftPasskey = {
      id: whims.id ?? randomBytes(32).toString('base64url'),
      privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }),
      userHandle: options.user.id,
      counter: 0,
      isSynced: this.isSynced,
    };
    const { x, y } = publicKey.export({ format: 'jwk' });
    // COSE: an EC2 key of P-256, for ES256.
    const cose = new Map<number, number | Uint8Array>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, bytes(x as string)],
      [-3, bytes(y as string)],
    ]);
    const id = Buffer.from(passkey.id, 'base64url');
    const attested = Buffer.concat([Buffer.alloc(16), uint(id.length, 2), id, isoCBOR.encode(cose)]);
    const authData = new Uint8Array(
      Buffer.concat([this.authenticatorData(passkey, options.rp.id as string, whims, 0x40), attested]),
    );
    const attestation = isoCBOR.encode(
      new Map<string, string | Uint8Array | Map<never, never>>([
        ['fmt', 'none'],
        ['attStmt', new Map<never, never>()],
        ['authData', authData],
      ]),
    );
    return {
      passkey,
      response: {
        id: passkey.id,
        rawId: passkey.id,
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: this.clientData('webauthn.create', options.challenge, whims).toString('base64url'),
          attestationObject: Buffer.from(attestation).toString('base64url'),
          transports: ['internal', 'hybrid'],
        },
      },
    };
  }

  /** As `navigator.credentials.get` answers. */
  get(
    options: PublicKeyCredentialRequestOptionsJSON,
    passkey: SoftPasskey,
    whims: Whims = {},
  ): AuthenticationResponseJSON {
    const clientData = this.clientData('webauthn.get', options.challenge, whims);
    const authData = this.authenticatorData(passkey, options.rpId as string, whims);
    const key = createPrivateKey({ key: (whims.signer ?? passkey).privateKey, type: 'pkcs8', format: 'der' });
    const signature = sign('sha256', Buffer.concat([authData, sha256(clientData)]), key);
    const userHandle = whims.userHandle === undefined ? passkey.userHandle : whims.userHandle;
    return {
      id: passkey.id,
      rawId: passkey.id,
      type: 'public-key',
      clientExtensionResults: {},
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: signature.toString('base64url'),
        ...(userHandle === null ? {} : { userHandle }),
      },
    };
  }

  private clientData(type: string, challenge: string, whims: Whims): Buffer {
    return Buffer.from(
      JSON.stringify({
        type: whims.type ?? type,
        challenge: whims.challenge ?? challenge,
        origin: whims.origin ?? this.origin,
        crossOrigin: whims.isCrossOrigin ?? false,
        ...(whims.isCrossOrigin ? { topOrigin: 'https://frame.example' } : {}),
      }),
    );
  }

  private authenticatorData({ counter, isSynced }: SoftPasskey, rpId: string, whims: Whims, flags = 0): Buffer {
    const present = whims.isAbsent ? 0 : 0x01;
    const verified = whims.isUnverified ? 0 : 0x04;
    const backup = isSynced ? 0x08 | 0x10 : 0;
    return Buffer.concat([
      sha256(Buffer.from(whims.rpId ?? rpId)),
      uint(flags | present | verified | backup, 1),
      uint(whims.counter ?? counter, 4),
    ]);
  }
}

const sha256 = (data: Buffer) => createHash('sha256').update(data).digest();
const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'));

function uint(value: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  buffer.writeUIntBE(value, 0, length);
  return buffer;
}
