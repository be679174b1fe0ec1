import { cx } from "./cx";
import { colourIndex, initials } from "./initials";
import styles from "./Avatar.module.css";

type AvatarProps = {
  /** What the colour is derived from: a user or room id. */
  id: string;
  name: string;
  size?: number;
  /** A picture that can be shown as it is (an object URL). */
  src?: string | null | undefined;
  /** People are round, rooms are square. */
  shape?: "round" | "square";
  className?: string | undefined;
};

/** A face or initials. Decorative: the name always stands beside it or in the label of its button. */
export function Avatar({ id, name, size = 36, src, shape = "round", className }: AvatarProps) {
  return (
    <span
      className={cx(styles.avatar, shape === "square" && styles.square, className)}
      style={{ width: size, height: size, fontSize: Math.round(size * (size < 22 ? 0.55 : 0.4)), background: `var(--avatar-${colourIndex(id)})` }}
      aria-hidden="true"
    >
      {size < 22 ? [...initials(name)][0] : initials(name)}
      {src != null && <img src={src} alt="" draggable={false} />}
    </span>
  );
}
