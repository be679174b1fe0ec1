/**
 * SQLite orders text by its UTF-8 bytes, core orders keys by UTF-16 code units. The two differ from the surrogates
 * upwards: those units are written as two, of which the first is U+D7FF (a character that does not exist). NUL, at which
 * SQLite's C strings would end, and U+0001 are written as two units as well. The order stays, and so does every key.
 */
const HIGH = 0xd7ff;
const LOW = 0x0001;
/** Stands after HIGH for the unit HIGH itself. */
const FIRST = 0x20;

export function toSqlKey(key: string): string {
  let text = "";
  for (let at = 0; at < key.length; at += 1) {
    const unit = key.charCodeAt(at);
    if (unit <= LOW) text += String.fromCharCode(LOW, unit + 1);
    else if (unit >= HIGH) text += String.fromCharCode(HIGH, unit - HIGH + FIRST);
    else text += key.charAt(at);
  }
  return text;
}

export function fromSqlKey(text: string): string {
  let key = "";
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit !== LOW && unit !== HIGH) {
      key += text.charAt(at);
      continue;
    }
    at += 1;
    const second = text.charCodeAt(at);
    key += String.fromCharCode(unit === LOW ? second - 1 : second - FIRST + HIGH);
  }
  return key;
}
