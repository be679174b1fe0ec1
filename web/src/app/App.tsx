import { TooltipProvider } from "../ui/Tooltip";
import { ToastProvider } from "../ui/Toast";
import { ChangePasswordPage } from "../features/session/ChangePasswordPage";
import { SignInAgainPage, SignInPage } from "../features/session/SignInPage";
import { WelcomePage } from "../features/session/WelcomePage";
import { useClient } from "./client";
import { CrashBarrier } from "./CrashBarrier";
import { Shell } from "./Shell";
import { Splash } from "./Splash";
import { useObservable } from "./useObservable";
import { useRoute } from "./useRoute";

export function App() {
  return (
    <CrashBarrier>
      <TooltipProvider delayDuration={450} skipDelayDuration={150}>
        <ToastProvider>
          <Pages />
        </ToastProvider>
      </TooltipProvider>
    </CrashBarrier>
  );
}

function Pages() {
  const client = useClient();
  const state = useObservable(client.session.state);
  const route = useRoute();
  if (state.kind === "restoring") return <Splash />;
  if (route.page === "welcome") return <WelcomePage key={route.token} token={route.token} />;
  switch (state.kind) {
    case "signedOut":
      return <SignInPage reason={state.reason} />;
    case "softLoggedOut":
      return <SignInAgainPage userId={state.session.userId} />;
    case "passwordChangeRequired":
      return <ChangePasswordPage userId={state.session.userId} />;
    case "signedIn":
      return <Shell key={state.session.userId} userId={state.session.userId} />;
  }
}
