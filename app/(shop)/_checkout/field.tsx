'use client';

/** Names a field by the path that the API calls it by, so that an error of the API finds it. */
export function fieldId(path: string): string {
  return `field-${path.replaceAll('.', '-')}`;
}

export interface FieldErrors {
  /** By path. */
  [path: string]: string | undefined;
}

interface TextFieldProps {
  path: string;
  label: string;
  errors: FieldErrors;
  defaultValue?: string;
  required?: boolean;
  type?: 'text' | 'email' | 'password';
  autoComplete: string;
  inputMode?: 'text' | 'numeric' | 'email';
  maxLength?: number;
  hint?: string;
  className?: string;
  /** With what was typed, when the field is left. An error that this brings is read out by itself. */
  onLeave?: (text: string) => void;
}

export function TextField({
  path,
  label,
  errors,
  required = true,
  hint,
  className = '',
  onLeave,
  ...input
}: TextFieldProps) {
  const id = fieldId(path);
  const error = errors[path];
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return (
    <div className={`field ${className}`}>
      <label htmlFor={id}>
        {label}
        {required ? null : <span className="soft"> (optional)</span>}
      </label>
      <input
        id={id}
        name={path}
        className="input"
        required={required}
        aria-invalid={error ? true : undefined}
        aria-describedby={described || undefined}
        onBlur={onLeave && ((event) => onLeave(event.currentTarget.value.trim()))}
        {...input}
      />
      {hint ? (
        <span className="label" id={`${id}-hint`}>
          {hint}
        </span>
      ) : null}
      <div aria-live={onLeave && 'polite'}>
        <FieldError path={path} errors={errors} />
      </div>
    </div>
  );
}

export function FieldError({ path, errors }: { path: string; errors: FieldErrors }) {
  const error = errors[path];
  return error ? (
    <p className="field-error" id={`${fieldId(path)}-error`}>
      {error}
    </p>
  ) : null;
}
