import type { Metadata } from 'next';
import { listAddressesOperation } from '@/node/profile';
import { accountWords } from '../../../../_account/account-words';
import { AddressBook, type KeptAddress } from '../../../../_account/address-book';
import { readOwn } from '../../../../_account/own-pages';
import { loadCountries } from '../../../../catalog-pages';

export const metadata: Metadata = { title: accountWords.addresses.title, robots: { index: false } };

export default async function AddressesPage() {
  const { items } = await readOwn<{ items: KeptAddress[] }>(
    listAddressesOperation,
    '/api/me/addresses',
    '/account/addresses',
  );
  return (
    <>
      <h1>{accountWords.addresses.title}</h1>
      <AddressBook addresses={items} countries={await loadCountries()} />
    </>
  );
}
