/** The second options, each value with how many times the first price it costs. */
export const CUTS = { name: 'Length', values: { '1 m': 1, '2.5 m': 2.4, '5 m': 4.6 } };
export const BODY = { name: 'Size', values: { S: 1, M: 1, L: 1, XL: 1 } };
export const HEAD = { name: 'Size', values: { '56 cm': 1, '58 cm': 1, '60 cm': 1 } };
export const CUSHION = { name: 'Size', values: { '45 × 45 cm': 1, '60 × 60 cm': 1.35 } };
export const THROW = { name: 'Size', values: { '130 × 180 cm': 1, '150 × 220 cm': 1.3 } };
export const BLANKET = { name: 'Size', values: { Cot: 1, Single: 2.1, Double: 2.9 } };
export const TABLE = { name: 'Size', values: { '140 × 180 cm': 1, '140 × 250 cm': 1.3, '170 × 300 cm': 1.6 } };
export const CURTAIN = { name: 'Drop', values: { '230 cm': 1, '270 cm': 1.15 } };
export const NAPKINS = { name: 'Set', values: { 'Set of 2': 1, 'Set of 4': 1.85, 'Set of 8': 3.5 } };
export const TOWELS = { name: 'Set', values: { One: 1, 'Set of 3': 2.7 } };
export const RIBBON = { name: 'Length', values: { '3 m': 1, '10 m': 2.8 } };
export const BOOK = { name: 'Format', values: { A6: 1, A5: 1.4 } };
export const APRON = { name: 'Size', values: { Short: 1, Long: 1.12 } };
