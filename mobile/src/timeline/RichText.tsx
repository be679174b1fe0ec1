import { Fragment, memo } from "react";
import { Linking, View } from "react-native";
import { radius, space, themed } from "../theme";
import { Span, Text } from "../ui/Text";
import { linked } from "./links";
import { richText, type Block, type Run } from "./richText";

const useStyles = themed((palette) => ({
  blocks: { gap: space.xs },
  quote: { borderLeftWidth: 3, borderLeftColor: palette.border, paddingLeft: space.s },
  codeBlock: { padding: space.s, borderRadius: radius.s, backgroundColor: palette.sunken },
  mono: { fontFamily: "monospace", fontSize: 14, lineHeight: 20 },
  code: { fontFamily: "monospace", fontSize: 14, backgroundColor: palette.sunken },
  bold: { fontWeight: "700" },
  italic: { fontStyle: "italic" },
  strike: { textDecorationLine: "line-through" },
  underline: { textDecorationLine: "underline" },
  mention: { color: palette.accentText, fontWeight: "600", backgroundColor: palette.accentSoft },
  item: { flexDirection: "row", gap: space.s },
  words: { flex: 1 },
}));

/** The text of a message: its HTML where there is some that we can show, else its plain body. */
export const RichText = memo(function RichText({ body, html }: { readonly body: string; readonly html: string | null }) {
  const styles = useStyles();
  const blocks = html === null ? null : richText(html);
  if (blocks === null || blocks.length === 0) {
    return (
      <Text>
        <PlainText text={body} />
      </Text>
    );
  }
  return (
    <View style={styles.blocks}>
      {blocks.map((block, at) => (
        <BlockView key={at} block={block} />
      ))}
    </View>
  );
});

function BlockView({ block }: { readonly block: Block }) {
  const styles = useStyles();
  switch (block.kind) {
    case "code":
      return (
        <View style={styles.codeBlock}>
          <Text style={styles.mono}>{block.text}</Text>
        </View>
      );
    case "item":
      return (
        <View style={[styles.item, { paddingLeft: block.depth * space.l }]}>
          <Text tone="text2">{block.marker}</Text>
          <Text style={styles.words}>
            <Runs runs={block.runs} />
          </Text>
        </View>
      );
    case "quote":
      return (
        <View style={styles.quote}>
          <Text tone="text2">
            <Runs runs={block.runs} />
          </Text>
        </View>
      );
    case "heading":
    case "paragraph":
      return (
        <Text look={block.kind === "heading" ? "strong" : "body"}>
          <Runs runs={block.runs} />
        </Text>
      );
  }
}

function Runs({ runs }: { readonly runs: readonly Run[] }) {
  const styles = useStyles();
  return runs.map((run, at) => {
    if (run.href !== undefined) return <LinkText key={at} text={run.text} href={run.href} />;
    const style = [
      run.bold && styles.bold,
      run.italic && styles.italic,
      run.strike && styles.strike,
      run.underline && styles.underline,
      run.code && styles.code,
      run.mention && styles.mention,
    ].filter((each) => each !== undefined);
    const plain = run.code === true || run.mention === true;
    const words = plain ? run.text : <PlainText text={run.text} />;
    return style.length === 0 ? (
      <Fragment key={at}>{words}</Fragment>
    ) : (
      <Span key={at} style={style}>
        {words}
      </Span>
    );
  });
}

/** Words in which addresses can be touched. */
function PlainText({ text }: { readonly text: string }) {
  return linked(text).map((part, at) =>
    part.href === null ? <Fragment key={at}>{part.text}</Fragment> : <LinkText key={at} text={part.text} href={part.href} />,
  );
}

function LinkText({ text, href }: { readonly text: string; readonly href: string }) {
  const styles = useStyles();
  return (
    <Span role="link" tone="link" style={styles.underline} onPress={() => void Linking.openURL(href)}>
      {text}
    </Span>
  );
}
