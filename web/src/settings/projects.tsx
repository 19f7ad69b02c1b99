// Projects: repositories under names, with defaults.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";

import { api, newWish, take } from "../api/client";
import { wordsOf } from "../api/error";
import { Link } from "../app/link";
import type { NewProject } from "../api/types";
import { entry } from "../text/entry";
import { shortRepository, visible } from "../text/visible";
import { Field } from "../ui/field";
import { Confirm } from "./confirm";
import { Listing } from "./listing";

const PROJECTS = ["projects"];
const PULL_REQUESTS: Record<string, string> = { ready: "opened", draft: "a draft", none: "none" };

export function Projects(): ReactNode {
  const queries = useQueryClient();
  const projects = useQuery({ queryKey: PROJECTS, queryFn: async () => (await take(api.GET("/api/v1/projects"))).projects });
  const reread = () => queries.invalidateQueries({ queryKey: PROJECTS });
  const remove = (id: string) => take(api.DELETE("/api/v1/projects/{id}", { params: { path: { id } } })).then(reread);
  return (
    <>
      <p className="faint">Keys can be limited to projects, and Mintlify's API works on them.</p>
      <Listing query={projects} empty="No projects.">
        {(items) => (
          <table className="list">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Repository</th>
                <th scope="col">Model</th>
                <th scope="col">Pull requests</th>
                <th scope="col">
                  <span className="off-screen">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((project) => (
                <tr key={project.id}>
                  <td>
                    {visible(project.id)} {project.alias !== undefined && <span className="faint">or {visible(project.alias)}</span>}
                  </td>
                  <td>
                    <span title={visible(project.repository)}>{shortRepository(project.repository)}</span>
                    {project.ref !== undefined && <span className="faint"> from {visible(project.ref)}</span>}
                  </td>
                  <td>{project.model === undefined ? "default" : visible(project.model)}</td>
                  <td>{entry(PULL_REQUESTS, project.pullRequest) ?? visible(project.pullRequest)}</td>
                  <td className="numeric">
                    <span className="actions">
                      <Link to={`/launch?repository=${encodeURIComponent(project.repository)}`}>Launch</Link>
                      {project.origin === "added" ? (
                        <Confirm action="Remove" label={`Remove ${visible(project.id)}`} title={`Remove “${visible(project.id)}”?`} onConfirm={() => remove(project.id)}>
                          Its agents stay. Keys that are limited to it reach them no more.
                        </Confirm>
                      ) : (
                        <span className="tag">configured</span>
                      )}
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Listing>
      <h2>New project</h2>
      <AddProject onAdded={() => void reread()} />
    </>
  );
}

function AddProject({ onAdded }: { onAdded: () => void }): ReactNode {
  const [fields, setFields] = useState({ id: "", repository: "", ref: "", model: "" });
  const [wish, setWish] = useState(newWish);
  const [pullRequest, setPullRequest] = useState<"ready" | "draft" | "none">("ready");
  const add = useMutation({
    mutationFn: () => {
      const { id, repository, ref, model } = fields;
      const body: NewProject = { id: id.trim(), repository: repository.trim(), pullRequest, ...(ref.trim() === "" ? {} : { ref: ref.trim() }), ...(model.trim() === "" ? {} : { model: model.trim() }) };
      return take(api.POST("/api/v1/projects", { params: { header: { "Idempotency-Key": wish } }, body }));
    },
    onSuccess: () => {
      setFields({ id: "", repository: "", ref: "", model: "" });
      onAdded();
    },
    onSettled: () => setWish(newWish()),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  const field = (name: keyof typeof fields) => ({ value: fields[name], spellCheck: false, onChange: (event: { target: { value: string } }) => setFields({ ...fields, [name]: event.target.value }) });
  return (
    <form className="form card" onSubmit={submit}>
      <div className="columns-2">
        <Field label="Name" hint="Letters, digits, dots, underscores and dashes.">
          {(ids) => <input {...ids} {...field("id")} required maxLength={64} />}
        </Field>
        <Field label="Repository">{(ids) => <input {...ids} {...field("repository")} required />}</Field>
        <Field label="Start from" hint="Empty: the default branch.">
          {(ids) => <input {...ids} {...field("ref")} />}
        </Field>
        <Field label="Model" hint="Empty: the server's default.">
          {(ids) => <input {...ids} {...field("model")} />}
        </Field>
        <Field label="Pull requests">
          {(ids) => (
            <select {...ids} value={pullRequest} onChange={(event) => setPullRequest(event.target.value as typeof pullRequest)}>
              <option value="ready">open one</option>
              <option value="draft">open a draft</option>
              <option value="none">only push</option>
            </select>
          )}
        </Field>
      </div>
      {add.isError && (
        <p role="alert" className="bad">
          {wordsOf(add.error)}
        </p>
      )}
      <button type="submit" className="primary start" disabled={add.isPending}>
        Add the project
      </button>
    </form>
  );
}
