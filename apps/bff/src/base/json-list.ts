/** A text that is to be a list in JSON; undefined for anything else. Nothing of the library's message, which repeats the text. */
export function parseJsonList(text: string): unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
