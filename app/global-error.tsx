'use client';

/** When not even the document around the pages could be made: plain, with nothing to load. */
export default function GlobalError({ retry }: { error: unknown; retry: () => void }) {
  return (
    <html lang="en">
      <body
        style={{
          fontFamily: 'Georgia, serif',
          colorScheme: 'light dark',
          margin: '15vh auto',
          maxWidth: '32rem',
          padding: '0 1.5rem',
        }}
      >
        <title>Something went wrong · Selvedge</title>
        <h1 style={{ fontWeight: 400 }}>A thread has snapped</h1>
        <p>The shop could not be shown just now. Nothing in your cart is lost.</p>
        <button type="button" onClick={() => retry()} style={{ font: 'inherit', padding: '0.75rem 1.5rem' }}>
          Try again
        </button>
      </body>
    </html>
  );
}
