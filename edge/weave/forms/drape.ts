import { num } from '../ink';
import type { Stop, Studio } from '../studio';

export interface Drop {
  /** Where the cloth hangs, in units of the picture. */
  left: number;
  right: number;
  top: number;
  /** How much cloth hangs, from top to hem. */
  length: number;
  /** How many folds lie side by side. */
  folds: number;
  /** How far the folds push the hem up and down. */
  swing?: number;
  /** How much the folds draw the cloth together, 0 to 0.9: 0 is a board. */
  gather?: number;
  /** How dark the valleys are, 0 to 1. */
  depth?: number;
  scale?: number;
  /** Turns the first fold's phase, so that two drops of one picture differ. */
  phase?: number;
}

/**
 * Cloth that hangs in soft vertical folds. Each fold is a row of narrow strips, sheared and drawn together as the cloth
 * turns away, so that its own stripes bend over the folds.
 */
export function drop(studio: Studio, spec: Drop): { cloth: string; outline: string } {
  const { left, right, top, length, folds, swing = 12, gather = 0.35, depth = 0.5, scale = 1, phase = 0 } = spec;
  const steps = Math.max(6, Math.round(folds * 5));
  const width = right - left;
  const turn = (u: number) => 2 * Math.PI * (folds * u + phase);
  // The cloth lies flat to us on a ridge and in a valley, and turns away between them.
  const facing = (u: number) => 1 - gather * Math.abs(Math.sin(turn(u)));
  const rise = (u: number) => swing * Math.cos(turn(u)) * (0.8 + 0.2 * Math.sin(turn(u) * 0.37 + 1));
  const paint = studio.fabric({ scale });
  const strips: string[] = [];
  const hem: string[] = [];
  let flat = 0;
  for (let step = 0; step < steps; step += 1) {
    const [u0, u1] = [step / steps, (step + 1) / steps];
    const x0 = left + u0 * width;
    const flatWidth = width / steps / facing((u0 + u1) / 2);
    const [y0, y1] = [top + rise(u0), top + rise(u1)];
    const a = width / steps / flatWidth;
    const b = (y1 - y0) / flatWidth;
    strips.push(
      `<path transform="matrix(${fine(a)} ${fine(b)} 0 1 ${round(x0 - a * flat)} ${round(y0 - b * flat)})" d="M${round(flat)} 0h${round(flatWidth + 1)}v${length}h-${round(flatWidth + 1)}z"/>`,
    );
    hem.push(`L${round(x0)} ${round(y0 + length)}`);
    flat += flatWidth;
  }
  hem.push(`L${right} ${round(top + rise(1) + length)}`);
  const upper = hem.map((_, index) => `L${round(left + (index / steps) * width)} ${round(top + rise(index / steps))}`);
  const outline = `M${hem.join('').slice(1)}${upper.reverse().join('')}z`;
  return { cloth: `<g fill="${paint}">${strips.join('')}</g>${relief()}`, outline };

  function relief(): string {
    const stops: Stop[] = [];
    const count = Math.ceil(folds * 3);
    for (let index = 0; index <= count; index += 1) {
      const u = index / count;
      // The light comes from the left: the side that falls away to the right is the darkest, not the bottom of the valley.
      const tone = Math.sin(turn(u) - 0.9);
      stops.push(tone > 0 ? [u, 'dark', depth * tone] : [u, 'light', -tone * depth * 0.42]);
    }
    return `<path fill="${studio.gradient(left, 0, right, 0, stops, true)}" d="${outline}"/>`;
  }
}

/** One decimal is enough for an outline. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Four decimals: a shear is multiplied by the whole length of the cloth. */
function fine(value: number): string {
  return String(Math.round(value * 10_000) / 10_000).replace(/^(-?)0\./, '$1.');
}

/**
 * Yarn ends below a hem, twisted in small bunches. `hem` runs from left to right; the strands hang straight from it, or
 * along `angle` degrees.
 */
export function fringe(studio: Studio, hem: [number, number][], { length = 46, angle = 0, gap = 9 } = {}): string {
  const [x0, y0] = hem[0] ?? [0, 0];
  const [, y1] = hem.at(-1) ?? [0, 0];
  const turned = angle && ` patternTransform="rotate(${num(angle)} ${num(x0)} ${num(y0)})"`;
  const strands = Array.from({ length: 7 }, (_, index) => {
    const sway = Math.sin(index * 2.4) * 2.6;
    const size = length - 12 + Math.sin(index * 1.7) * 5;
    return `M${num((index + 0.5) * gap)} 0v20q${num(sway / 2)} ${num(size / 2)} ${num(sway)} ${num(size)}`;
  }).join('');
  const paint = studio.pattern(
    `x="${num(x0)}" y="${num(Math.min(y0, y1) - 20)}" width="${7 * gap}" height="200"${turned || ''}`,
    `<g fill="none" stroke-linecap="round"><path stroke="${studio.tone}" stroke-width="${num(gap * 0.66)}" d="${strands}"/><path transform="translate(2)" stroke="#210" stroke-opacity=".34" stroke-width="${num(gap * 0.24)}" d="${strands}"/></g>`,
  );
  const [dx, dy] = [Math.sin((angle * Math.PI) / -180) * 80, Math.cos((angle * Math.PI) / 180) * 80];
  const lower = [...hem].reverse().map(([x, y]) => `${num(x + dx)} ${num(y + dy)}`);
  return `<path fill="${paint}" d="M${hem.map(([x, y]) => `${num(x)} ${num(y - 2)}`).join('L')}L${lower.join('L')}z"/>`;
}
