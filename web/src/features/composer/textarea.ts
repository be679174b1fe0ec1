/** Replaces a part of a text field as typing would, so that "undo" takes it back. The caret ends behind it. */
export function replaceRange(field: HTMLTextAreaElement, start: number, end: number, text: string): void {
  field.focus();
  field.setSelectionRange(start, end);
  if (typeof document.execCommand === "function" && document.execCommand("insertText", false, text)) return;
  field.setRangeText(text, start, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Puts marks around the selection ("**bold**"), or takes them away when they are there. */
export function toggleMarks(field: HTMLTextAreaElement, open: string, close = open): void {
  const { selectionStart: start, selectionEnd: end, value } = field;
  const inner = value.slice(start, end);
  if (value.slice(start - open.length, start) === open && value.slice(end, end + close.length) === close) {
    replaceRange(field, start - open.length, end + close.length, inner);
    field.setSelectionRange(start - open.length, end - open.length);
  } else {
    replaceRange(field, start, end, `${open}${inner}${close}`);
    field.setSelectionRange(start + open.length, end + open.length);
  }
}
