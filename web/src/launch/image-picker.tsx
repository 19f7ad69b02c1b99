// The button that picks images, and those that were taken.

import { useRef, type ReactNode } from "react";

import { visible } from "../text/visible";
import type { Images } from "./images";

export function ImagePicker({ images }: { images: Images }): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept="image/png,image/jpeg,image/gif,image/webp"
        onChange={(event) => {
          images.add(event.target.files ?? []);
          event.target.value = "";
        }}
      />
      <button type="button" className="quiet" onClick={() => input.current?.click()}>
        Add images
      </button>
      {images.list.length > 0 && (
        <ul className="thumbnails" aria-label="Images">
          {images.list.map((image, place) => (
            <li key={`${place} ${image.name}`}>
              <img src={`data:${image.mimeType};base64,${image.data}`} alt={visible(image.name)} />
              <button type="button" aria-label={`Remove ${visible(image.name)}`} onClick={() => images.remove(place)}>
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      {images.refusal !== undefined && (
        <p role="alert" className="bad">
          {images.refusal}
        </p>
      )}
    </>
  );
}
