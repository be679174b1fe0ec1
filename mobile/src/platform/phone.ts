import type { Phone } from "../shell/services";
import { openExpoSql } from "./expoSql";
import { phoneFetch, phonePlatform } from "./phonePlatform";
import { secrets } from "./secrets";

/** The phone that this runs on. */
export async function thisPhone(): Promise<Phone> {
  return { sql: await openExpoSql("team-messenger.db"), secrets, fetch: phoneFetch, platform: phonePlatform() };
}
