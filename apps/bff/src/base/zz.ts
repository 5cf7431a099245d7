import { writeFileSync } from 'node:fs';
const m = new Map<string, number[]>();
export function rec(k: string, v: number) {
  const a = m.get(k) ?? [];
  a.push(v);
  m.set(k, a);
}
process.on('exit', () => {
  const out: string[] = [];
  for (const [k, a] of m) {
    if (a.length < 500) continue;
    a.sort((x, y) => x - y);
    const q = (p: number) => (a[Math.floor(a.length * p)] ?? 0).toFixed(2);
    out.push(
      `${k.padEnd(26)} n=${a.length} mean=${(a.reduce((x, y) => x + y, 0) / a.length).toFixed(2)} p10=${q(0.1)} p50=${q(0.5)} p90=${q(0.9)} p99=${q(0.99)}`,
    );
  }
  writeFileSync(`/tmp/zz-${process.pid}.txt`, out.join('\n'));
});
