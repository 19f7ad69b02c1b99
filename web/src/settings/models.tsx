// The models that agents may use. They are configured on the server.

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { api, take } from "../api/client";
import { visible } from "../text/visible";
import { Listing } from "./listing";

export function Models(): ReactNode {
  const models = useQuery({ queryKey: ["models"], queryFn: async () => (await take(api.GET("/v1/models"))).items });
  return (
    <>
      <p className="faint">
        Models come from <code>[[models]]</code> in the configuration and from the server's environment. <code>script</code> runs the prompt's own shell blocks and is always there.
      </p>
      <Listing query={models} empty="No models.">
        {(items) => (
          <table className="list">
            <thead>
              <tr>
                <th scope="col">Id</th>
                <th scope="col">Name</th>
                <th scope="col">Also</th>
                <th scope="col">Parameters</th>
              </tr>
            </thead>
            <tbody>
              {items.map((model) => (
                <tr key={model.id}>
                  <td>
                    <code>{visible(model.id)}</code>
                  </td>
                  <td>{visible(model.displayName)}</td>
                  <td>{visible((model.aliases ?? []).join(", "))}</td>
                  <td>{visible((model.parameters ?? []).map((parameter) => `${parameter.displayName}: ${parameter.values.map((value) => value.displayName).join(", ")}`).join("; "))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Listing>
    </>
  );
}
