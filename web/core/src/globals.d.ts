/**
 * The few globals that browsers, Node and React Native share and core uses. Declared here, because the
 * compiler's own "DOM" library would let the rest of the DOM in.
 */
interface AbortSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

interface AbortController {
  readonly signal: AbortSignal;
  abort(): void;
}

declare const AbortController: { new (): AbortController };
