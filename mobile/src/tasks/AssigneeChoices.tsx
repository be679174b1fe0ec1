import { useState } from "react";
import { View } from "react-native";
import { useWords } from "../i18n";
import { beginsWords } from "../rooms/search";
import { space } from "../theme";
import { Chips } from "../ui/Chips";
import { Field } from "../ui/Field";
import { SheetAction } from "../ui/Sheet";
import { Text } from "../ui/Text";
import type { AssigneeChoice } from "./hooks";

/** As many as one looks through without a search. */
const MANY = 8;

interface Found {
  readonly choices: readonly AssigneeChoice[];
  /** How many fit besides. */
  readonly more: number;
}

/** Pure. The choices whose words begin with those of the query; of many the first few, and always the one that is chosen. */
export function found(all: readonly AssigneeChoice[], query: string, chosen: string | null): Found {
  const fitting = all.filter(({ label }) => beginsWords(label, query));
  const first = fitting.slice(0, MANY);
  const current = all.find(({ userId }) => userId === chosen);
  const choices = current === undefined || first.includes(current) ? first : [current, ...first];
  return { choices, more: fitting.length - first.length };
}

interface AssigneeChoicesProps {
  readonly choices: readonly AssigneeChoice[];
  readonly chosen: string | null;
  readonly onChoose: (userId: string | null) => void;
}

/** Whom to assign, as lines of a sheet. */
export function AssigneeActions({ choices, chosen, onChoose }: AssigneeChoicesProps) {
  const { search, shown, rest } = useFound(choices, chosen);
  return (
    <>
      {search !== null && <View style={{ paddingHorizontal: space.l, paddingBottom: space.s }}>{search}</View>}
      {shown.map(({ userId, label }) => (
        <SheetAction key={userId ?? ""} label={label} chosen={userId === chosen} onPress={() => onChoose(userId)} />
      ))}
      {rest !== null && <View style={{ paddingHorizontal: space.l, paddingVertical: space.s }}>{rest}</View>}
    </>
  );
}

/** The same within a form. */
export function AssigneeChips({ choices, chosen, onChoose }: AssigneeChoicesProps) {
  const { t } = useWords();
  const { search, shown, rest } = useFound(choices, chosen);
  return (
    <View style={{ gap: space.s }}>
      <Chips
        label={t("tasks.assignee")}
        choices={shown.map(({ userId, label }) => ({ value: userId ?? "", label }))}
        value={chosen ?? ""}
        onChange={(value) => onChoose(value === "" ? null : value)}
      />
      {rest}
      {search}
    </View>
  );
}

function useFound(choices: readonly AssigneeChoice[], chosen: string | null) {
  const { t } = useWords();
  const [query, setQuery] = useState("");
  const { choices: shown, more } = found(choices, query, chosen);
  const search = choices.length > MANY ? <Field label={t("phone.findPerson")} value={query} onChangeText={setQuery} autoCorrect={false} /> : null;
  const rest =
    more > 0 ? (
      <Text look="small" tone="text2">
        {t("phone.moreFound", { count: more })}
      </Text>
    ) : null;
  return { search, shown, rest };
}
