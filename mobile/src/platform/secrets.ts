import { deleteItemAsync, getItemAsync, setItemAsync } from "expo-secure-store";

/** A few short texts in the system's keychain. Names consist of letters, digits and `.-_`. */
export interface Secrets {
  get(name: string): Promise<string | null>;
  set(name: string, value: string): Promise<void>;
  remove(name: string): Promise<void>;
}

export const secrets: Secrets = {
  get: (name) => getItemAsync(name),
  set: (name, value) => setItemAsync(name, value),
  remove: (name) => deleteItemAsync(name),
};
