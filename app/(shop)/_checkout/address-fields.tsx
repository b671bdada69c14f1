'use client';

import type { Address } from '@/commerce/cart';
import styles from './address-fields.module.css';
import { addressFormat } from './address-formats';
import { FieldError, type FieldErrors, fieldId, TextField } from './field';

export interface Country {
  code: string;
  name: string;
}

interface AddressFieldsProps {
  /** Where the API has the address: `shippingAddress`. */
  prefix: string;
  /** What the fields hold at first. */
  address: Partial<Address> | null;
  country: string;
  countries: Country[];
  chooseCountry(country: string): void;
  errors: FieldErrors;
}

/** The fields of an address, as its country writes them. */
export function AddressFields({ prefix, address, country, countries, chooseCountry, errors }: AddressFieldsProps) {
  const format = addressFormat(country);
  const countryPath = `${prefix}.country`;
  const postalCode = (
    <TextField
      key="postalCode"
      path={`${prefix}.postalCode`}
      label={format.postalCode.label}
      autoComplete="postal-code"
      inputMode={format.postalCode.inputMode}
      required={format.postalCode.required}
      maxLength={20}
      defaultValue={address?.postalCode ?? ''}
      errors={errors}
    />
  );
  const city = (
    <TextField
      key="city"
      path={`${prefix}.city`}
      label={format.city.label}
      autoComplete="address-level2"
      maxLength={100}
      defaultValue={address?.city ?? ''}
      errors={errors}
    />
  );
  return (
    <>
      <div className="field">
        <label htmlFor={fieldId(countryPath)}>Country</label>
        <select
          id={fieldId(countryPath)}
          className="select"
          autoComplete="country"
          value={country}
          aria-invalid={errors[countryPath] ? true : undefined}
          aria-describedby={errors[countryPath] ? `${fieldId(countryPath)}-error` : undefined}
          onChange={(event) => chooseCountry(event.currentTarget.value)}
        >
          {countries.map(({ code, name }) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </select>
        <FieldError path={countryPath} errors={errors} />
      </div>
      <TextField
        path={`${prefix}.name`}
        label="Full name"
        autoComplete="name"
        maxLength={100}
        defaultValue={address?.name ?? ''}
        errors={errors}
      />
      <TextField
        path={`${prefix}.line1`}
        label="Street and number"
        autoComplete="address-line1"
        maxLength={200}
        defaultValue={address?.line1 ?? ''}
        errors={errors}
      />
      <TextField
        path={`${prefix}.line2`}
        label="Flat, floor, company"
        autoComplete="address-line2"
        maxLength={200}
        required={false}
        defaultValue={address?.line2 ?? ''}
        errors={errors}
      />
      <div className={styles.pair} data-order={format.order}>
        {format.order === 'postal-first' ? [postalCode, city] : [city, postalCode]}
      </div>
      {format.region ? (
        <TextField
          path={`${prefix}.region`}
          label={format.region.label}
          autoComplete="address-level1"
          maxLength={100}
          required={format.region.required}
          defaultValue={address?.region ?? ''}
          errors={errors}
        />
      ) : null}
    </>
  );
}

/** What the fields hold now. */
export function addressIn(form: HTMLFormElement, prefix: string, country: string): Address {
  const values = new FormData(form);
  const text = (field: string) => String(values.get(`${prefix}.${field}`) ?? '').trim();
  return {
    name: text('name'),
    line1: text('line1'),
    ...optional('line2', text('line2')),
    city: text('city'),
    ...optional('region', text('region')),
    postalCode: text('postalCode'),
    country,
  };
}

function optional<Name extends string>(name: Name, value: string): { [key in Name]?: string } {
  return value === '' ? {} : ({ [name]: value } as { [key in Name]?: string });
}
