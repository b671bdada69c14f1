import { problemText } from './sign-in-words';

/** What is told of a problem that the address names, where there is one. */
export function ProblemOfAddress({ code }: { code: string | undefined }) {
  return code === undefined ? null : (
    <div className="notice" role="alert">
      <p>{problemText(code)}</p>
    </div>
  );
}

/** Of a parameter that may come any number of times, the first. */
export const first = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);
