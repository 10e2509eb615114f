/** JSON Pointers into a record, and the element ids that the form gives the same places. */

export const pointerParts = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replace(/~1/g, '/').replace(/~0/g, '~'));

export function valueAt(data: unknown, pointer: string): unknown {
  let value: unknown = data;
  for (const part of pointerParts(pointer)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

/** The API's pointers start at the request body, ours at the record. */
export const fromBody = (pointer: string): string =>
  pointer === '/data' ? '' : pointer.replace(/^\/data\//, '/');

export const fieldId = (pointer: string): string => ['root', ...pointerParts(pointer)].join('_');

/** Brings the person to the field, opening the sections it lies in. */
export function focusField(pointer: string): void {
  let parts = pointerParts(pointer);
  while (parts.length > 0) {
    const place = document.getElementById(['root', ...parts].join('_'));
    if (place !== null) {
      for (let box = place.closest('details'); box !== null;) {
        box.open = true;
        box = box.parentElement?.closest('details') ?? null;
      }
      const control = 'input, select, textarea, button';
      const target = place.matches(control)
        ? place
        : (place.querySelector<HTMLElement>(control) ?? place);
      target.focus();
      target.scrollIntoView({ block: 'center' });
      return;
    }
    parts = parts.slice(0, -1);
  }
}
