import type { MediaInfo } from "@team/core";
import { ChevronLeft, ChevronRight, Download, X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDates } from "../../app/useDates";
import { IconButton } from "../../ui/Button";
import { cx } from "../../ui/cx";
import { Spinner } from "../../ui/Spinner";
import type { AnyItem } from "../timeline/rows";
import { useLocalUrl, useSave } from "./MediaBody";
import { useMediaUrl } from "./useMediaUrl";
import styles from "./Lightbox.module.css";

type Picture = { key: string; media: MediaInfo; senderName: string; ts: number };

function picturesOf(items: readonly AnyItem[]): Picture[] {
  return items.flatMap((item) =>
    (item.kind === "sent" || item.kind === "sending") && item.content.type === "image"
      ? [{ key: item.key, media: item.content.media, senderName: item.senderName, ts: item.ts }]
      : [],
  );
}

type LightboxProps = { items: readonly AnyItem[]; openKey: string | null; onOpen: (key: string | null) => void };

/** The pictures of a conversation, one at a time, as large as the window. Arrow keys lead on, Escape closes. */
export function Lightbox({ items, openKey, onOpen }: LightboxProps) {
  const pictures = useMemo(() => (openKey === null ? [] : picturesOf(items)), [items, openKey]);
  const at = pictures.findIndex((picture) => picture.key === openKey);
  const picture = pictures[at];
  return (
    <Radix.Root open={picture !== undefined} onOpenChange={(open) => !open && onOpen(null)}>
      {picture !== undefined && (
        <Radix.Portal>
          <Radix.Overlay className={styles.overlay} />
          <PictureView
            key={picture.key}
            picture={picture}
            previous={pictures[at - 1]?.key ?? null}
            next={pictures[at + 1]?.key ?? null}
            onOpen={onOpen}
          />
        </Radix.Portal>
      )}
    </Radix.Root>
  );
}

type ViewProps = { picture: Picture; previous: string | null; next: string | null; onOpen: (key: string | null) => void };

function PictureView({ picture, previous, next, onOpen }: ViewProps) {
  const { t } = useTranslation();
  const dates = useDates();
  const { media } = picture;
  const local = useLocalUrl(media.local);
  const { url, failed } = useMediaUrl(local === null ? media.mxc : null);
  const [large, setLarge] = useState(false);
  const save = useSave(media);
  const src = local ?? url;
  return (
    <Radix.Content
      className={styles.content}
      aria-describedby={undefined}
      onOpenAutoFocus={(event) => {
        event.preventDefault();
        (event.currentTarget as HTMLElement).focus();
      }}
      onKeyDown={(event) => {
        if (event.key === "ArrowLeft" && previous !== null) onOpen(previous);
        if (event.key === "ArrowRight" && next !== null) onOpen(next);
      }}
    >
      <header className={styles.head}>
        <div className={styles.titles}>
          <Radix.Title className={styles.title}>{media.name}</Radix.Title>
          <p className={styles.subtitle}>
            {picture.senderName}, {dates.full(picture.ts)}
          </p>
        </div>
        <IconButton label={t("media.downloadNamed", { name: media.name })} tooltip={false} disabled={media.mxc === null} onClick={save.run}>
          {save.busy ? <Spinner size={18} /> : <Download size={20} />}
        </IconButton>
        <Radix.Close asChild>
          <IconButton label={t("common.close")} tooltip={false}>
            <X size={22} />
          </IconButton>
        </Radix.Close>
      </header>
      <div className={cx(styles.stage, large && styles.large)} onClick={(event) => event.target === event.currentTarget && onOpen(null)}>
        {src !== null ? (
          <img src={src} alt={media.name} onClick={() => setLarge(!large)} draggable={false} />
        ) : failed ? (
          <p role="alert">{t("media.failed")}</p>
        ) : (
          <Spinner size={32} />
        )}
      </div>
      {previous !== null && (
        <IconButton className={cx(styles.step, styles.previous)} label={t("media.previous")} tooltip={false} onClick={() => onOpen(previous)}>
          <ChevronLeft size={26} />
        </IconButton>
      )}
      {next !== null && (
        <IconButton className={cx(styles.step, styles.next)} label={t("media.next")} tooltip={false} onClick={() => onOpen(next)}>
          <ChevronRight size={26} />
        </IconButton>
      )}
    </Radix.Content>
  );
}
