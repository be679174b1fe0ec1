import i18next from "i18next";
import { Component, type ReactNode } from "react";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";

/** When drawing fails, a sentence and a way on instead of an empty page. */
export class CrashBarrier extends Component<{ children: ReactNode }, { crashed: boolean }> {
  override state = { crashed: false };

  static getDerivedStateFromError(): { crashed: boolean } {
    return { crashed: true };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
  }

  override render(): ReactNode {
    if (!this.state.crashed) return this.props.children;
    return (
      <div style={{ display: "grid", height: "100%" }} role="alert">
        <EmptyState title={i18next.t("errors.crashTitle")} text={i18next.t("errors.crashText")}>
          <Button look="primary" onClick={() => window.location.reload()}>
            {i18next.t("common.reload")}
          </Button>
        </EmptyState>
      </div>
    );
  }
}
