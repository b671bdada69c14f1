'use client';

import Form from 'next/form';

/**
 * A form whose choices take effect when they are made. Its button stays for amounts that are typed, and for a browser
 * without scripts.
 */
export function FilterForm({ action, className, children }: FilterFormProps) {
  return (
    <Form
      action={action}
      scroll={false}
      className={className}
      onChange={(event) => {
        const { target, currentTarget } = event;
        const typed = target instanceof HTMLInputElement && target.type !== 'checkbox' && target.type !== 'radio';
        if (!typed) currentTarget.requestSubmit();
      }}
    >
      {children}
    </Form>
  );
}

interface FilterFormProps {
  /** The public path; the fields become its query. */
  action: string;
  className: string | undefined;
  children: React.ReactNode;
}
