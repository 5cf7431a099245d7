/**
 * @file What should be in the safe, kept beside it: for every secret the states that it may be in. One state after an
 * acknowledged change; two, before and after, while a change has no answer. A state is everything at once, value,
 * metadata, version and the trail, so a half-made change is none of them.
 */
import { newCanary } from './canary.ts';
import type { Answer } from './client.ts';
import type { OpenedSecret, Stored, TrailEntry } from './opened.ts';
import type { Random } from './random.ts';

type Content = Omit<OpenedSecret, 'name'>;

interface State {
  /** Undefined when there is no such secret. */
  content: Content | undefined;
  /** Events since the last comparison. */
  events: TrailEntry[];
}

/** A change that is about to be asked for. */
export interface PlannedChange {
  method: string;
  path: string;
  body: unknown;
  /** It was answered with success. Throws when the answer tells of another version than it must. */
  acknowledged(answer: Answer): void;
  /** No answer came, or one that leaves it open. */
  unanswered(): void;
}

/** The model. */
export interface SafeModel {
  /** A change by one client, which never shares a secret with another and waits for each answer. */
  plan(lane: number, random: Random): PlannedChange;
  /** Compares with what is stored, tells every difference, and goes on from what is stored. */
  settle(stored: Stored): string[];
}

const namesPerLane = 6;
const origins = [
  'https://a.example',
  'https://b.example',
  'smtps://mail.example',
  'https://*.example.com',
];

/** The model of an empty safe with so many clients. */
export function createSafeModel(random: Random, lanes: number): SafeModel {
  const allowed = new Map<string, State[]>();
  const trail = new Map<string, TrailEntry[]>();
  const names = Array.from({ length: lanes }, (_, lane) =>
    Array.from({ length: namesPerLane }, (__, index) => `lane_${lane}-${index}`),
  );
  let texts = random.below(1_000);
  const newText = () => `text ${(texts += 1)}`;

  /** A name whose state is known; a fresh one when there is none left. */
  function chooseName(lane: number, own: Random): string {
    const mine = names[lane] ?? [];
    const known = mine.filter((name) => (allowed.get(name)?.length ?? 1) === 1);
    if (known.length > 0) return own.pick(known);
    const fresh = `lane_${lane}-${mine.length}`;
    mine.push(fresh);
    return fresh;
  }

  return {
    plan(lane, own) {
      const name = chooseName(lane, own);
      const before = allowed.get(name)?.[0] ?? { content: undefined, events: [] };
      const { method, body, content, event } = planChange(name, before.content, own, newText);
      const after = { content, events: [...before.events, event] };
      return {
        method,
        path: method === 'POST' ? '/secrets' : `/secrets/${name}`,
        body,
        acknowledged(answer) {
          allowed.set(name, [after]);
          if (content !== undefined && answer.json.version !== content.version) {
            throw new Error(
              `The answer tells of version ${answer.json.version} of ${name}, expected ${content.version}.`,
            );
          }
        },
        unanswered: () => void allowed.set(name, [before, after]),
      };
    },

    settle(stored) {
      const differences: string[] = [];
      for (const name of stored.secrets.keys()) {
        if (!allowed.has(name)) differences.push(`${name} is there, and nobody made it.`);
      }
      for (const [name, states] of allowed) {
        const found = stored.secrets.get(name);
        const events = stored.trail.get(name) ?? [];
        const past = trail.get(name) ?? [];
        const fits = states.some(
          (state) =>
            fingerprint(found) === fingerprint(state.content) &&
            [...past, ...state.events].join('\n') === events.join('\n'),
        );
        if (!fits) {
          const expected = states.map(
            (state) =>
              `${shown(state.content)} after ${[...past, ...state.events].slice(-5).join(', ')}`,
          );
          differences.push(
            `${name} is ${shown(found)} after ${events.slice(-5).join(', ')}; expected ${expected.join(' or ')}.`,
          );
        }
        trail.set(name, events);
        allowed.set(name, [{ content: found, events: [] }]);
      }
      return differences;
    },
  };
}

function planChange(
  name: string,
  current: Content | undefined,
  random: Random,
  newText: () => string,
): { method: string; body: unknown; content: Content | undefined; event: TrailEntry } {
  const someOrigins = () => origins.filter(() => random.next() < 0.6).toSorted();
  if (current === undefined) {
    const [value, description, destinations] = [newValue(random), newText(), someOrigins()];
    const content = { value, description, destinations, version: 1 };
    const event = [
      'created value description',
      ...(destinations.length > 0 ? ['destinations'] : []),
    ].join(' ');
    return { method: 'POST', body: { name, value, description, destinations }, content, event };
  }
  const kind = random.pick([
    'value',
    'value',
    'narrow',
    'description',
    'everything',
    'delete',
  ] as const);
  if (kind === 'delete')
    return { method: 'DELETE', body: undefined, content: undefined, event: 'deleted' };
  const patch: Partial<Content> = {};
  if (kind === 'value' || kind === 'everything') patch.value = newValue(random);
  if (kind === 'everything') patch.destinations = someOrigins();
  if (kind === 'narrow' && current.destinations.length > 0)
    patch.destinations = current.destinations.slice(1);
  if (kind === 'description' || Object.keys(patch).length === 0 || random.next() < 0.3)
    patch.description = newText();
  const fields = (['value', 'description', 'destinations'] as const).filter(
    (field) => patch[field] !== undefined && String(patch[field]) !== String(current[field]),
  );
  const content = { ...current, ...patch, version: current.version + 1 };
  return { method: 'PATCH', body: patch, content, event: ['updated', ...fields].join(' ') };
}

/** Mostly short, sometimes near the limit: then it fills many pages of the table and of the log of changes. */
function newValue(random: Random): string {
  return newCanary(random.next() < 0.1 ? 900 : 1 + random.below(3));
}

function fingerprint(content: Content | undefined): string {
  if (content === undefined) return 'absent';
  const { value, description, destinations, version } = content;
  return JSON.stringify([value, description, destinations, version]);
}

/** For the report of a difference: enough to recognise a value, not all of it. */
function shown(content: Content | undefined): string {
  if (content === undefined) return 'absent';
  return `version ${content.version} (${content.description}; ${content.destinations.join(' ')}; …${content.value.slice(-40, -17)})`;
}
