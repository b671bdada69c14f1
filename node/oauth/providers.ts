import * as v from 'valibot';
import { parseEnv } from '@/edge/env';
import { githubProvider } from './github';
import { oidcProvider } from './oidc';
import type { OAuthProvider } from './provider';
import { isLoopback } from './requests';

type Variables = Record<string, string | undefined>;

let parsed: readonly OAuthProvider[] | undefined;

/**
 * The providers that the environment names, read at first need. Throws one error that lists every faulty variable at once.
 */
export function oauthProviders(): readonly OAuthProvider[] {
  parsed ??= readProviders(process.env);
  return parsed;
}

/** The provider of an id; null where there is none. */
export function findProvider(id: string): OAuthProvider | null {
  return oauthProviders().find((provider) => provider.id === id) ?? null;
}

/** The providers of an environment: one for each `OAUTH_<NAME>_…`, by name. Throws as `oauthProviders` does. */
export function readProviders(source: Variables): OAuthProvider[] {
  const names = new Set<string>();
  for (const [variable, value] of Object.entries(source)) {
    const name = VARIABLE.exec(variable)?.[1];
    if (name !== undefined && value) names.add(name);
  }
  const sorted = [...names].sort();
  const env = parseEnv(v.object(Object.assign({}, ...sorted.map(schemaOf)), 'is not set'), source) as Variables;
  return sorted.map((name) => (name === 'GITHUB' ? githubOf(env) : oidcOf(name, env)));
}

const VARIABLE = /^OAUTH_([A-Z][A-Z0-9_]*?)_(?:ISSUER|CLIENT_ID|CLIENT_SECRET|TITLE|SCOPES|API_URL|URL)$/;

const required = v.string('is not set');

/** Secrets go over it: plain http only ever from this machine to itself. */
const address = v.pipe(
  v.string('is not set'),
  v.url('is not a URL'),
  v.check(isProviderAddress, 'is not an https address without a query (http only on localhost)'),
);

const scopes = v.optional(
  v.pipe(v.string(), v.regex(/(^| )openid( |$)/, 'does not name the scope openid')),
  'openid email profile',
);

function isProviderAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
  return isSafe && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
}

function schemaOf(name: string): v.ObjectEntries {
  const prefix = `OAUTH_${name}_`;
  const client = { [`${prefix}CLIENT_ID`]: required, [`${prefix}CLIENT_SECRET`]: required };
  if (name === 'GITHUB') {
    return { ...client, [`${prefix}URL`]: v.optional(address), [`${prefix}API_URL`]: v.optional(address) };
  }
  const known = name === 'GOOGLE';
  return {
    ...client,
    [`${prefix}ISSUER`]: known ? v.optional(address, 'https://accounts.google.com') : address,
    [`${prefix}TITLE`]: known ? v.optional(required, 'Google') : required,
    [`${prefix}SCOPES`]: scopes,
  };
}

function githubOf(env: Variables): OAuthProvider {
  const url = env.OAUTH_GITHUB_URL;
  return githubProvider({
    clientId: env.OAUTH_GITHUB_CLIENT_ID as string,
    clientSecret: env.OAUTH_GITHUB_CLIENT_SECRET as string,
    url: new URL(url ?? 'https://github.com'),
    // A GitHub Enterprise Server answers its API below its own address.
    apiUrl: new URL(env.OAUTH_GITHUB_API_URL ?? (url ? below(url, '/api/v3') : 'https://api.github.com')),
  });
}

function below(url: string, path: string): string {
  return url.replace(/\/$/, '') + path;
}

function oidcOf(name: string, env: Variables): OAuthProvider {
  const value = (suffix: string) => env[`OAUTH_${name}_${suffix}`] as string;
  return oidcProvider({
    id: name.toLowerCase().replaceAll('_', '-'),
    title: value('TITLE'),
    issuer: new URL(value('ISSUER')),
    clientId: value('CLIENT_ID'),
    clientSecret: value('CLIENT_SECRET'),
    scopes: value('SCOPES'),
  });
}
