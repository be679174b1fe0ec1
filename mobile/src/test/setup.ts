import { configure } from "@testing-library/react-native";

// A busy machine is no reason to fail.
configure({ asyncUtilTimeout: 15_000 });

jest.mock("@react-native-community/netinfo", () => ({
  __esModule: true,
  default: { addEventListener: () => () => undefined },
}));

/** The app lives on what core tells it by itself: React's advice to wrap every update is not for it. */
const ADVICE = /wrapped in act\(|not configured to support act\(/;

// A slip that would only be seen in the log of a phone fails the test.
const said: string[] = [];
jest.spyOn(console, "error").mockImplementation((...words: unknown[]) => {
  const text = words.map(String).join(" ");
  if (!ADVICE.test(text)) said.push(text);
});
afterEach(() => expect(said.splice(0)).toEqual([]));
