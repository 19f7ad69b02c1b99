// Projects: repositories under names, with defaults.

import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { api, take } from "../api/client";
import { Tries } from "../api/tries";
import type { NewProject, Project } from "../api/types";
import { Link } from "../app/link";
import { entry } from "../text/entry";
import { shortRepository, visible } from "../text/visible";
import { Field } from "../ui/field";
import { SelectField } from "../ui/select-field";
import type { Column } from "../ui/table";
import { Confirm } from "./confirm";
import { Creation } from "./creation";
import { Listing, useListed } from "./listing";

const PULL_REQUESTS: Record<string, string> = { ready: "opened", draft: "a draft", none: "none" };

export function Projects(): ReactNode {
  const projects = useListed("projects", async () => (await take(api.GET("/api/v1/projects"))).projects);
  const remove = (id: string) => take(api.DELETE("/api/v1/projects/{id}", { params: { path: { id } } })).then(projects.reread);
  const columns: readonly Column<Project>[] = [
    {
      head: "Name",
      cell: (project) => (
        <>
          {visible(project.id)} {project.alias !== undefined && <span className="faint">or {visible(project.alias)}</span>} {project.origin !== "added" && <span className="tag">configured</span>}
        </>
      ),
    },
    {
      head: "Repository",
      cell: (project) => (
        <>
          <span title={visible(project.repository)}>{shortRepository(project.repository)}</span>
          {project.ref !== undefined && <span className="faint"> from {visible(project.ref)}</span>}
        </>
      ),
    },
    { head: "Model", cell: (project) => (project.model === undefined ? "default" : visible(project.model)) },
    { head: "Pull requests", cell: (project) => entry(PULL_REQUESTS, project.pullRequest) ?? visible(project.pullRequest) },
    {
      head: "Actions",
      kind: "actions",
      cell: (project) => (
        <>
          <Link to={`/launch?repository=${encodeURIComponent(project.repository)}`}>Launch</Link>
          {project.origin === "added" && (
            <Confirm action="Remove" label={`Remove ${visible(project.id)}`} title={`Remove “${visible(project.id)}”?`} onConfirm={() => remove(project.id)}>
              Its agents stay. Keys that are limited to it reach them no more.
            </Confirm>
          )}
        </>
      ),
    },
  ];
  return (
    <>
      <p className="faint">Keys can be limited to projects, and Mintlify's API works on them.</p>
      <Listing label="List of projects" query={projects.query} empty="No projects." columns={columns} keyOf={(project) => project.id} />
      <AddProject onAdded={() => void projects.reread()} />
    </>
  );
}

const WISHES = [
  { value: "ready", label: "open one" },
  { value: "draft", label: "open a draft" },
  { value: "none", label: "only push" },
] as const;
const EMPTY = { id: "", repository: "", ref: "", model: "" };

function AddProject({ onAdded }: { onAdded: () => void }): ReactNode {
  const [fields, setFields] = useState(EMPTY);
  const [pullRequest, setPullRequest] = useState<(typeof WISHES)[number]["value"]>("ready");
  const [tries] = useState(() => new Tries());
  const [id, repository, ref, model] = [fields.id.trim(), fields.repository.trim(), fields.ref.trim(), fields.model.trim()];
  const add = useMutation({
    mutationFn: () => {
      const body: NewProject = { id, repository, pullRequest, ...(ref === "" ? {} : { ref }), ...(model === "" ? {} : { model }) };
      return take(api.POST("/api/v1/projects", { params: { header: { "Idempotency-Key": tries.keyFor(body) } }, body }));
    },
    onSuccess: () => {
      tries.done();
      setFields(EMPTY);
      onAdded();
    },
  });
  const field = (name: keyof typeof fields) => ({ value: fields[name], spellCheck: false, onChange: (event: { target: { value: string } }) => setFields({ ...fields, [name]: event.target.value }) });
  return (
    <Creation title="New project" action="Add the project" make={add} isReady={id !== "" && repository !== ""}>
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
        <SelectField label="Pull requests" options={WISHES} value={pullRequest} onChange={setPullRequest} />
      </div>
    </Creation>
  );
}
