// The models that agents may use. They are configured on the server.

import type { ReactNode } from "react";

import { api, take } from "../api/client";
import type { Model } from "../api/types";
import { visible } from "../text/visible";
import type { Column } from "../ui/table";
import { Listing, useListed } from "./listing";

const COLUMNS: readonly Column<Model>[] = [
  { head: "Id", cell: (model) => <code>{visible(model.id)}</code> },
  { head: "Name", cell: (model) => visible(model.displayName) },
  { head: "Also", cell: (model) => visible((model.aliases ?? []).join(", ")) },
  { head: "Parameters", cell: (model) => visible((model.parameters ?? []).map((parameter) => `${parameter.displayName}: ${parameter.values.map((value) => value.displayName).join(", ")}`).join("; ")) },
];

export function Models(): ReactNode {
  const models = useListed("models", async () => (await take(api.GET("/v1/models"))).items);
  return (
    <>
      <p className="faint">
        Models come from <code>[[models]]</code> in the configuration and from the server's environment. <code>script</code> runs the prompt's own shell blocks and is always there.
      </p>
      <Listing label="List of models" query={models.query} empty="No models." columns={COLUMNS} keyOf={(model) => model.id} />
    </>
  );
}
