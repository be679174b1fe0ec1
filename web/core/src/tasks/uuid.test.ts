import { describe, expect, it } from "vitest";
import { NAMESPACE } from "./names";
import { newUuid, taskIdFor, uuid5 } from "./uuid";

describe("names of tasks", () => {
  it("are those that the service makes", () => {
    // Made by Python's uuid5.
    expect(uuid5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "org.teammessenger")).toBe(NAMESPACE);
    expect(taskIdFor("@ivan:corp.example", "0198f2aa-0000-7000-8000-000000000001")).toBe("4ccdacc3-0bd7-5ef6-ba3e-1a6d9b0aaea1");
    expect(uuid5(NAMESPACE, `${"я€😀".repeat(20)}/x`)).toBe("bf446063-83ed-53bf-b0d7-e316d7cfa81e");
    expect(uuid5(NAMESPACE, "")).toBe("f3e022ae-3424-57e5-a84d-e86bc18b639f");
  });

  it("that are new sort by time and are well formed", () => {
    const [a, b] = [newUuid(1_700_000_000_000, () => 0), newUuid(1_700_000_000_001, () => 0.999)];
    expect(a < b).toBe(true);
    for (const id of [a, b]) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
