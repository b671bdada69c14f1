/** The few signs of the shop, drawn with the pen of its letters. All are ornament: the words beside them say it. */
function Icon({ children }: { children: React.ReactNode }) {
  return (
    <svg
      width="20"
      height="20"
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export function SearchIcon() {
  return (
    <Icon>
      <circle cx="8.7" cy="8.7" r="5.2" />
      <path d="m12.6 12.6 4.4 4.4" />
    </Icon>
  );
}

export function BagIcon() {
  return (
    <Icon>
      <path d="M3.5 6.5h13l-.9 10.5H4.4z" />
      <path d="M7 8.8V6a3 3 0 0 1 6 0v2.8" />
    </Icon>
  );
}

export function PersonIcon() {
  return (
    <Icon>
      <circle cx="10" cy="6.6" r="3.3" />
      <path d="M3.6 17c.5-3.6 3-5.6 6.4-5.6s5.9 2 6.4 5.6" />
    </Icon>
  );
}

export function MinusIcon() {
  return (
    <Icon>
      <path d="M5 10h10" />
    </Icon>
  );
}

export function PlusIcon() {
  return (
    <Icon>
      <path d="M5 10h10M10 5v10" />
    </Icon>
  );
}

export function CheckIcon() {
  return (
    <Icon>
      <path d="m4 10.5 4 4 8-9" />
    </Icon>
  );
}
