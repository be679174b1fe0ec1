/** Builds the app where its sources have changed; the folder in which it lies. */
export function exportApp(): Promise<string>;
