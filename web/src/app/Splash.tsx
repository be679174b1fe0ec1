import { Loading } from "../ui/Spinner";
import { Logo } from "../ui/Logo";
import styles from "./Splash.module.css";

export function Splash() {
  return (
    <div className={styles.splash}>
      <Logo size={56} />
      <div>
        <Loading />
      </div>
    </div>
  );
}
