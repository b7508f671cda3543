// Few rows in which any two values of any two factors meet: most faults need no more than two things to come together.

/**
 * @template {Record<string, readonly unknown[]>} F
 * @param {F} factors each with its values
 * @returns {{ [K in keyof F]: F[K][number] }[]} the same rows for the same factors
 */
export function pairwise(factors) {
  const names = Object.keys(factors);
  const open = new Map(); // pairs that no row has yet, by a name of their own
  names.forEach((a, i) => {
    for (const b of names.slice(i + 1)) {
      factors[a].forEach((_, x) => factors[b].forEach((_, y) => open.set(key(a, x, b, y), { [a]: x, [b]: y })));
    }
  });
  const rows = [];
  while (open.size > 0) {
    // A pair that is still open begins the row, so that every row closes at least one.
    const row = { ...open.values().next().value };
    for (const name of names) {
      if (name in row) continue;
      const gains = factors[name].map((_, x) => Object.keys(row).filter((other) => open.has(pair(names, name, x, other, row[other]))).length);
      // Among equals the values take turns, so that none is everywhere.
      const best = Math.max(...gains);
      const equals = [...gains.keys()].filter((x) => gains[x] === best);
      row[name] = equals[rows.length % equals.length];
    }
    for (const [i, a] of names.entries()) for (const b of names.slice(i + 1)) open.delete(key(a, row[a], b, row[b]));
    rows.push(row);
  }
  return rows.map((row) => Object.fromEntries(names.map((name) => [name, factors[name][row[name]]])));
}

const key = (a, x, b, y) => `${a}=${x} ${b}=${y}`;
const pair = (names, a, x, b, y) => (names.indexOf(a) < names.indexOf(b) ? key(a, x, b, y) : key(b, y, a, x));
