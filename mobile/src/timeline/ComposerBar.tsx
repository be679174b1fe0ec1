import type { SentItem } from "@team/core";
import { useEffect, useRef, useState } from "react";
import { Platform, TextInput, View } from "react-native";
import { useWords } from "../i18n";
import { space, themed, touch, usePalette } from "../theme";
import { IconButton } from "../ui/Button";
import { Check, Send, X } from "../ui/icons";
import { Text, useScaled } from "../ui/Text";
import type { AnyItem } from "./rows";
import type { Composer } from "./useComposer";

const useStyles = themed((palette) => ({
  bar: { backgroundColor: palette.surface, borderTopWidth: 1, borderTopColor: palette.border },
  about: { flexDirection: "row", alignItems: "center", gap: space.s, paddingLeft: space.l, paddingTop: space.xs },
  aboutWords: { flex: 1, minWidth: 0, borderLeftWidth: 3, borderLeftColor: palette.accent, paddingLeft: space.s },
  row: { flexDirection: "row", alignItems: "flex-end", gap: space.s, paddingHorizontal: space.m, paddingVertical: space.s },
  box: { flex: 1, minWidth: 0, overflow: "hidden", borderRadius: 22, borderWidth: 1, borderColor: palette.borderField, backgroundColor: palette.field },
  focused: { borderColor: palette.accent },
  input: {
    minHeight: touch,
    maxHeight: 158,
    paddingHorizontal: 14,
    paddingVertical: 10,
    color: palette.text,
    fontSize: 16,
    lineHeight: 22,
    outlineStyle: "solid",
    outlineWidth: 0,
  },
}));

/**
 * Browsers grow a text area with its text when they are told to, and let the text scroll through its padding, up to the
 * rounded border; not through a border of its own. Phones do both by themselves.
 */
const growing = Platform.select({
  web: { fieldSizing: "content", borderColor: "transparent", borderTopWidth: 6, borderBottomWidth: 6, paddingVertical: 5 } as object,
  default: {},
});

interface ComposerBarProps {
  readonly composer: Composer;
  readonly items: readonly AnyItem[];
  readonly placeholder: string;
  readonly label: string;
  /** Null: nothing is wrong any more. */
  readonly onFailed: (error: unknown) => void;
}

/** Where one writes. What is answered or changed stands above. */
export function ComposerBar({ composer, items, placeholder, label, onFailed }: ComposerBarProps) {
  const { t, preview } = useWords();
  const palette = usePalette();
  const styles = useStyles();
  const scaled = useScaled();
  const input = useRef<TextInput>(null);
  const [focused, setFocused] = useState(false);
  const { draft } = composer;
  const aboutId = draft.editing ?? draft.replyTo;
  const about = items.find((item): item is SentItem => item.kind === "sent" && item.eventId === aboutId);
  useEffect(() => {
    if (aboutId !== null) input.current?.focus();
  }, [aboutId]);
  const send = (): void => void composer.send().then(() => onFailed(null), onFailed);
  return (
    <View style={styles.bar}>
      {aboutId !== null && (
        <View style={styles.about}>
          <View style={styles.aboutWords}>
            <Text look="tiny" tone="accentText">
              {draft.editing === null ? t("composer.replying", { name: about?.senderName ?? "" }) : t("composer.editing")}
            </Text>
            {about !== undefined && (
              <Text look="small" tone="text2" numberOfLines={1}>
                {preview(previewOf(about))}
              </Text>
            )}
          </View>
          <IconButton icon={X} label={t(draft.editing === null ? "composer.cancelReply" : "composer.cancelEdit")} onPress={composer.cancel} />
        </View>
      )}
      <View style={styles.row}>
        <View style={[styles.box, focused && styles.focused]}>
          <TextInput
            ref={input}
            aria-label={label}
            multiline
            placeholder={placeholder}
            placeholderTextColor={palette.text3}
            selectionColor={palette.accent}
            value={draft.text}
            onChangeText={composer.setText}
            onFocus={() => setFocused(true)}
            onBlur={() => setFocused(false)}
            style={[styles.input, growing, scaled({ fontSize: 16, lineHeight: 22 })]}
          />
        </View>
        <IconButton
          icon={draft.editing === null ? Send : Check}
          label={t(draft.editing === null ? "composer.send" : "composer.saveEdit")}
          filled
          disabled={draft.text.trim() === ""}
          onPress={send}
        />
      </View>
    </View>
  );
}

function previewOf(item: SentItem) {
  const { content } = item;
  switch (content.type) {
    case "text":
    case "notice":
    case "emote":
      return { type: content.type, text: content.body };
    case "encrypted":
      return { type: content.type };
    case "unsupported":
      return { type: content.type, text: content.body ?? "" };
    default:
      return { type: content.type, text: content.caption ?? content.media.name };
  }
}
