import { createContext, useContext, type ReactNode } from "react";

const OwnUser = createContext<string | null>(null);

export function OwnUserProvider({ userId, children }: { userId: string; children: ReactNode }) {
  return <OwnUser.Provider value={userId}>{children}</OwnUser.Provider>;
}

/** The user id of the person who is signed in. */
export function useOwnUserId(): string {
  const userId = useContext(OwnUser);
  if (userId === null) throw new Error("useOwnUserId needs an OwnUserProvider above it");
  return userId;
}
