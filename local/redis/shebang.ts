/** A script without its first line where that is a `#!lua flags=…`, which Lua itself cannot read. Line numbers stay. */
export const withoutShebang = (source: string) => source.replace(/^#![^\n]*/, '');
