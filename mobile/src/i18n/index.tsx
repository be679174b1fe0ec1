import { errorInfo, type ContentPreview, type RoomName } from "@team/core";
import { createContext, use, useMemo, type ReactNode } from "react";
import { datesIn, type Dates } from "./dates";
import { errorText } from "./errors";
import { roomNamesIn } from "./names";
import { previewText } from "./previews";
import { translator, type Language, type Translate } from "./translate";

/** Everything that is said in the person's language. */
export interface Words {
  readonly language: Language;
  readonly t: Translate;
  readonly dates: Dates;
  readonly roomName: (name: RoomName) => string;
  readonly preview: (preview: ContentPreview) => string;
  /** Why something went wrong: an exception, or what core says of one. */
  readonly error: (error: unknown) => string;
}

export function wordsIn(language: Language): Words {
  const t = translator(language);
  return {
    language,
    t,
    dates: datesIn(language, t),
    roomName: roomNamesIn(language, t),
    preview: (preview) => previewText(preview, t),
    error: (error) => errorText(isInfo(error) ? error : errorInfo(error), t),
  };
}

const Context = createContext<Words>(wordsIn("en"));

export function WordsProvider({ language, children }: { readonly language: Language; readonly children: ReactNode }) {
  const words = useMemo(() => wordsIn(language), [language]);
  return <Context value={words}>{children}</Context>;
}

export function useWords(): Words {
  return use(Context);
}

type Info = ReturnType<typeof errorInfo>;

function isInfo(error: unknown): error is Info {
  return typeof error === "object" && error !== null && "errcode" in error && "status" in error && "retryAfterMs" in error;
}
