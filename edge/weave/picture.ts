import type { ClothSpec } from './cloth';
import { FORMS, type Form } from './forms';
import { Studio } from './studio';

/** The SVG of a cloth in a form: the same arguments give the same bytes, on every runtime. */
export function picture(form: Form, cloth: ClothSpec): string {
  const { width, height, draw } = FORMS[form];
  const studio = new Studio(cloth);
  const body = draw(studio);
  const drawing = shareOutlines(`<defs>${studio.defs()}</defs>${body}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${drawing}</svg>`;
}

/** An outline is drawn for its shadow, its cloth and its light: written once, that is half the picture's size. */
function shareOutlines(drawing: string): string {
  const counts = new Map<string, number>();
  for (const [, , outline = ''] of drawing.matchAll(PATH)) counts.set(outline, (counts.get(outline) ?? 0) + 1);
  const shared = [...counts].filter(([outline, count]) => count > 1 && outline.length > 40).map(([outline]) => outline);
  const ids = new Map(shared.map((outline, index) => [outline, `s${index}`]));
  const drawn = drawing.replace(PATH, (path, attributes: string, outline: string) => {
    const id = ids.get(outline);
    return id ? `<use href="#${id}"${attributes}/>` : path;
  });
  return drawn.replace('<defs>', `<defs>${shared.map((d) => `<path id="${ids.get(d)}" d="${d}"/>`).join('')}`);
}

const PATH = /<path((?: [a-z-]+="[^"]*")*) d="([^"]*)"\/>/g;
