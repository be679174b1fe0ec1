import { localpartOf, type AdminUser, type WelcomeLink } from "@team/core";

/** A link to show, once, with the name of the person it is for. */
export type LinkFor = { readonly link: WelcomeLink; readonly name: string };

export function nameOf(user: AdminUser): string {
  return user.displayName ?? localpartOf(user.userId);
}
