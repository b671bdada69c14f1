/** Colour orders that several products are woven in, as a picture's address has them. */

export const STRATHBECK = {
  Forest: 'sett=bottle.10-navy.24-ink.8-navy.8-forest.32-saffron.2',
  Ember: 'sett=madder.38-bottle.12-madder.6-navy.12-chalk.2',
  Dusk: 'sett=slate.30-plum.12-slate.4-heather.12-ice.2-plum.6',
};

export const CAMELFORD = {
  Camel: 'sett=camel.30-ink.6-chalk.4-ink.6-madder.2',
  Oat: 'sett=oatmeal.32-walnut.6-ecru.6-walnut.2-rust.4',
  Mist: 'sett=mist.30-slate.8-chalk.4-navy.6-sky.2',
};

export const KINLOCH = {
  Bracken: 'sett=rust.24-olive.16-walnut.8-mustard.2-olive.12',
  Loch: 'sett=navy.26-petrol.16-ink.6-sea.4-ice.2',
  Rowan: 'sett=wine.28-raspberry.10-ink.6-blush.2-wine.6-moss.8',
};

export const HARBOUR = {
  Charcoal: 'warp=charcoal&weft=ecru',
  Slate: 'warp=slate&weft=ecru',
  Peat: 'warp=peat&weft=flax',
  Moss: 'warp=loden&weft=lichen',
};

export const QUARRY = {
  'Ink & Chalk': 'warp=ink.4-chalk.4',
  'Walnut & Oat': 'warp=walnut.4-oatmeal.4',
  'Navy & Sky': 'warp=navy.4-sky.4',
};

export const MILLRACE = {
  Indigo: 'warp=indigo&weft=ecru',
  Black: 'warp=ink&weft=pewter',
  Ecru: 'warp=ecru&weft=chalk',
};

export const WHEELHOUSE = {
  Olive: 'warp=olive&weft=olive',
  Rust: 'warp=rust&weft=rust',
  Navy: 'warp=navy&weft=navy',
  Fawn: 'warp=fawn&weft=fawn',
};

export const TIDELINE = {
  Blue: 'warp=denim&weft=chalk',
  Rose: 'warp=rose&weft=chalk',
  Grey: 'warp=slate&weft=chalk',
};

export const STILLWATER = {
  Flax: 'warp=flax&weft=ecru',
  Chalk: 'warp=chalk&weft=ecru',
  Sage: 'warp=sage&weft=lichen',
  Petrol: 'warp=petrol&weft=teal',
  Terracotta: 'warp=terracotta&weft=apricot',
};

export const GALLEY = {
  Red: 'warp=brick.8-chalk.8',
  Blue: 'warp=cornflower.8-chalk.8',
  Mustard: 'warp=mustard.8-chalk.8',
  Black: 'warp=ink.8-chalk.8',
};

export const WREN = {
  Navy: 'warp=navy&weft=mist',
  Wine: 'warp=wine&weft=blush',
  Bottle: 'warp=bottle&weft=lichen',
};

export const FOLD = {
  Petrol: 'warp=petrol&weft=ice',
  Heather: 'warp=plum&weft=lavender',
  Camel: 'warp=camel&weft=ecru',
};

export const PEBBLE = {
  White: 'warp=chalk&weft=dove',
  Flax: 'warp=ecru&weft=flax',
  Slate: 'warp=slate&weft=mist',
};

export const DONEGAL = {
  Charcoal: 'warp=charcoal&weft=slate',
  Peat: 'warp=peat&weft=bark',
  Sea: 'warp=petrol&weft=teal',
};
