import { apron, curtain, cushion, napkins, tablecloth, teaTowel, throwOnRail } from './forms/home';
import { notebook, pouch, ribbon, tote } from './forms/small';
import { cap, scarf, shirt, tie } from './forms/wear';
import { detail, drape, folded, roll, swatch } from './forms/yardage';
import type { FormDrawing } from './studio';

/** What the mill makes of its cloth, by the name in a picture's address. */
export const FORMS = {
  apron,
  cap,
  curtain,
  cushion,
  detail,
  drape,
  folded,
  napkins,
  notebook,
  pouch,
  ribbon,
  roll,
  scarf,
  shirt,
  swatch,
  tablecloth,
  'tea-towel': teaTowel,
  throw: throwOnRail,
  tie,
  tote,
} satisfies Record<string, FormDrawing>;

export type Form = keyof typeof FORMS;
