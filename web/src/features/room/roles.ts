import type { Member } from "@team/core";

export type Role = Member["role"];

/** Levels behind the roles that can be given. */
export const levels = { member: 0, moderator: 50, admin: 100 } as const;

/** The role that a power level means to people; creators of version 12 rooms stand above all numbers. */
export function roleOf(level: number): Role {
  if (level === Number.POSITIVE_INFINITY) return "creator";
  if (level >= levels.admin) return "admin";
  return level >= levels.moderator ? "moderator" : "member";
}
