// Tables of words, asked by names that others made up.

/** What a table has under a name; `constructor` and its kind, which every object has, are none of its entries. */
export function entry<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
