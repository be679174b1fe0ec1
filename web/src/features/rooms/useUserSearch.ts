import { localpartOf, type FoundUser, type UserId } from "@team/core";
import { useEffect, useState } from "react";
import { useClient } from "../../app/client";
import { matches } from "./sections";

export interface PersonFound extends FoundUser {
  readonly name: string;
}

const whole = /^@[^:\s]+:\S+$/;

/** Searches the directory of people a moment after the last key stroke. An empty term finds nobody. */
export function useUserSearch(term: string): { users: readonly PersonFound[]; searching: boolean; failed: boolean } {
  const client = useClient();
  const [found, setFound] = useState<{ term: string; users: readonly PersonFound[]; failed: boolean }>({
    term: "",
    users: [],
    failed: false,
  });
  const wanted = term.trim();

  useEffect(() => {
    if (wanted === "") return undefined;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      void search(wanted, abort.signal);
    }, 180);
    const search = async (what: string, signal: AbortSignal) => {
      try {
        const { users } = await client.directory.searchUsers(what, { limit: 12, signal });
        const all = [...users];
        // Somebody of another server is in no directory of ours, but a whole id is enough to write to them.
        if (whole.test(what) && !all.some((user) => user.userId === what)) {
          const profile = await client.directory.profile(what as UserId).catch(() => null);
          if (profile !== null) all.push(profile);
        }
        if (!signal.aborted) setFound({ term: what, users: all.map(named), failed: false });
      } catch {
        if (!signal.aborted) setFound({ term: what, users: [], failed: true });
      }
    };
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [client, wanted]);

  if (wanted === "") return { users: [], searching: false, failed: false };
  if (found.term === wanted) return { users: found.users, searching: false, failed: found.failed };
  // While the answer is on its way: what was found for fewer letters, as far as it fits more of them.
  const narrower = found.term !== "" && wanted.startsWith(found.term);
  const users = narrower ? found.users.filter((user) => matches(`${user.name} ${user.userId}`, wanted)) : [];
  return { users, searching: true, failed: false };
}

function named(user: FoundUser): PersonFound {
  return { ...user, name: user.displayName ?? localpartOf(user.userId) };
}
