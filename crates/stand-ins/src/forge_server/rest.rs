//! What the three REST interfaces share: routes, who may, pages, marks of what did not change.

use std::io;

use serde_json::Value;

use super::Kind;
use super::access::{Allowance, Caller, Need, Permission};
use super::fault::Operation;
use super::http::{Answer, Request, decoded};
use super::world::{Project, Standing, Visibility, World};
use super::{gitea, github, gitlab};

/// One route of a forge.
pub(super) struct Route {
    method: &'static str,
    /// `{}` stands for one part, `{..}` at the end for one or more.
    path: &'static str,
    pub(super) operation: Operation,
    handler: fn(&mut Ask<'_>) -> Outcome,
}

pub(super) const fn route(
    method: &'static str,
    path: &'static str,
    operation: Operation,
    handler: fn(&mut Ask<'_>) -> Outcome,
) -> Route {
    Route {
        method,
        path,
        operation,
        handler,
    }
}

/// What a handler comes to; [`Refused`] is an answer as well, or a fault of the stand-in.
pub(super) type Outcome = Result<Answer, Refused>;

/// Why a handler stopped.
pub(super) enum Refused {
    With(Box<Answer>),
    Broken(io::Error),
}

impl From<io::Error> for Refused {
    fn from(fault: io::Error) -> Self {
        Self::Broken(fault)
    }
}

impl From<Answer> for Refused {
    fn from(answer: Answer) -> Self {
        Self::With(Box::new(answer))
    }
}

/// A route that fits a request, with the parts that it left open, decoded.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) route: &'static Route,
    pub(super) params: Vec<String>,
}

impl Found {
    /// Finds the route of a path below the forge's root.
    pub(super) fn of(kind: Kind, path: &str, request: &Request) -> Option<Self> {
        let (prefix, routes): (&str, &[&'static [Route]]) = match kind {
            Kind::GitHub => ("/api/v3", github::ROUTES),
            Kind::GitLab => ("/api/v4", gitlab::ROUTES),
            Kind::Gitea => ("/api/v1", gitea::ROUTES),
        };
        // GitHub itself has no prefix, its Enterprise Server has one.
        let path = match path.strip_prefix(prefix) {
            Some(path) => path,
            None if kind == Kind::GitHub => path,
            None => return None,
        };
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        routes
            .iter()
            .flat_map(|group| group.iter())
            .find_map(|route| {
                let params = fit(route.path, &parts).filter(|_| route.method == request.method)?;
                Some(Self { route, params })
            })
    }

    /// The path or number of the repository that it is about.
    pub(super) fn repository(&self) -> Option<String> {
        if self.route.path.starts_with("/repos/{}/{}") {
            return Some(format!("{}/{}", self.params[0], self.params[1]));
        }
        let is_project = self.route.path.starts_with("/projects/{}");
        is_project.then(|| self.params[0].clone())
    }
}

fn fit(template: &str, parts: &[&str]) -> Option<Vec<String>> {
    let mut params = Vec::new();
    let mut parts = parts.iter();
    for wanted in template.trim_matches('/').split('/') {
        match wanted {
            "{..}" => {
                let rest: Vec<String> = parts.by_ref().map(|part| decoded(part)).collect();
                if rest.is_empty() {
                    return None;
                }
                params.push(rest.join("/"));
            }
            "{}" => params.push(decoded(parts.next().filter(|part| !part.is_empty())?)),
            literal => {
                if *parts.next()? != literal {
                    return None;
                }
            }
        }
    }
    parts.next().is_none().then_some(params)
}

/// One call of the REST interface.
pub(super) struct Ask<'a> {
    pub(super) world: &'a mut World,
    pub(super) request: &'a Request,
    pub(super) caller: &'a Caller,
    pub(super) params: Vec<String>,
    pub(super) body: Value,
}

/// Answers a call, with the headers that its forge adds to everything.
pub(super) fn answer(
    world: &mut World,
    request: &Request,
    caller: &Caller,
    found: &Found,
) -> io::Result<Answer> {
    if *caller == Caller::Refused {
        return Ok(world.bad_credentials());
    }
    if let Some(limited) = world.spend_call(caller) {
        return Ok(limited);
    }
    let is_written = matches!(request.method.as_str(), "POST" | "PATCH" | "PUT");
    if is_written && !request.body.is_empty() && request.any_body().is_none() {
        return Ok(world.error(400, "Problems parsing JSON"));
    }
    let mut ask = Ask {
        params: found.params.clone(),
        body: request.any_body().unwrap_or_default(),
        world,
        request,
        caller,
    };
    let answer = match (found.route.handler)(&mut ask) {
        Ok(answer) => answer,
        Err(Refused::With(answer)) => *answer,
        Err(Refused::Broken(fault)) => return Err(fault),
    };
    Ok(marked(world, request, caller, answer))
}

/// Marks what was read, and leaves out what the caller has already; Gitea does neither.
fn marked(world: &mut World, request: &Request, caller: &Caller, answer: Answer) -> Answer {
    let is_read = request.method == "GET" && answer.status == 200;
    if world.kind == Kind::Gitea || !is_read {
        return world.with_limits(caller, answer);
    }
    let mark = format!("W/\"{:016x}\"", hash(&answer.body));
    let known = request.header("if-none-match");
    let answer = if known.is_some_and(|known| known.split(", ").any(|one| one == mark)) {
        world.refund_call(caller);
        let mut same = Answer::empty(304);
        same.headers = answer.headers;
        same.headers.retain(|(name, _)| name != "content-type");
        same
    } else {
        answer
    };
    let answer = answer.with("etag", mark);
    world.with_limits(caller, answer)
}

/// A number for some bytes (FNV-1a over words): pages of a hundred repositories are long, and nobody attacks.
fn hash(bytes: &[u8]) -> u64 {
    let words = bytes.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    });
    words.fold(0xcbf2_9ce4_8422_2325, |hash, word| {
        let hash = (hash ^ word).wrapping_mul(0x0100_0000_01b3);
        hash ^ (hash >> 29)
    })
}

impl Ask<'_> {
    /// A text of the body; empty ones count as absent.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        let text = self.body[key].as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A text of the body that has to be there.
    pub(super) fn wanted_text(&self, key: &str) -> Result<String, Refused> {
        let text = self.text(key);
        text.ok_or_else(|| self.world.missing_field(key).into())
    }

    /// The texts of a list in the body.
    pub(super) fn texts(&self, key: &str) -> Option<Vec<String>> {
        let list = self.body[key].as_array()?.iter();
        Some(
            list.filter_map(|one| Some(one.as_str()?.to_owned()))
                .collect(),
        )
    }

    /// A number of the path.
    pub(super) fn number(&self, at: usize) -> Result<u64, Refused> {
        let number = self.params.get(at).and_then(|text| text.parse().ok());
        number.ok_or_else(|| self.world.not_found().into())
    }

    /// The name of the caller; whoever has none is asked for one.
    pub(super) fn login(&self) -> Result<String, Refused> {
        let login = self.caller.login().map(str::to_owned);
        login.ok_or_else(|| self.world.login_required().into())
    }

    /// The repository of the path, if the caller may do this to it.
    pub(super) fn project(&self, need: Need, least: Permission) -> Result<Project, Refused> {
        let path = match self.world.kind {
            Kind::GitHub | Kind::Gitea => format!("{}/{}", self.params[0], self.params[1]),
            Kind::GitLab => self.params[0].clone(),
        };
        let world = &*self.world;
        let found = world.find_project(&path);
        // Gitea judges a token's scopes before it looks for anything.
        if world.kind == Kind::Gitea
            && let Allowance::Missing(what) = world.allows(self.caller, need, Visibility::Private)
        {
            return Err(world.unscoped_call(self.caller, &what).into());
        }
        let Some(project) = found.filter(|it| world.permission(self.caller, it) > Permission::None)
        else {
            return Err(self
                .moved(&path)
                .unwrap_or_else(|| world.not_found())
                .into());
        };
        let is_read = matches!(
            need,
            Need::Metadata | Need::ReadCode | Need::ReadPulls | Need::ReadIssues | Need::ReadChecks
        );
        if !is_read && *self.caller == Caller::Anonymous {
            return Err(world.login_required().into());
        }
        if let Allowance::Missing(what) = world.allows(self.caller, need, project.visibility) {
            return Err(world.unscoped_call(self.caller, &what).into());
        }
        if world.permission(self.caller, project) < least {
            return Err(world.forbidden().into());
        }
        if !is_read && project.standing == Standing::Archived {
            return Err(world.archived_call().into());
        }
        Ok(project.clone())
    }

    /// The way to a repository that has another name now.
    fn moved(&self, path: &str) -> Option<Answer> {
        let project = self.world.find_moved(path)?;
        if self.world.permission(self.caller, project) == Permission::None {
            return None;
        }
        let is_get = self.request.method == "GET";
        let query = if self.request.query.is_empty() {
            String::new()
        } else {
            format!("?{}", self.request.query)
        };
        let (base, api) = (&self.world.base_url, self.world.api_url());
        let old = self
            .request
            .path
            .strip_prefix(&self.world.root)
            .unwrap_or_default();
        let rest = |parts: usize| {
            let whole = old.strip_prefix(&api[base.len()..]).unwrap_or(old);
            let rest: Vec<&str> = whole.split('/').skip(parts).collect();
            rest.iter()
                .map(|part| format!("/{part}"))
                .collect::<String>()
        };
        Some(match self.world.kind {
            Kind::GitHub => {
                let target = format!("{api}/repositories/{}{}{query}", project.id, rest(4));
                let status = if is_get { 301 } else { 307 };
                let body = serde_json::json!({
                    "message": "Moved Permanently",
                    "url": target,
                    "documentation_url": "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects",
                });
                Answer::json(status, &body).with("location", target)
            }
            Kind::GitLab if is_get => {
                let target = format!("{api}/projects/{}{}{query}", project.id, rest(3));
                Answer::text(
                    302,
                    &format!("This resource has been moved temporarily to {target}."),
                )
                .with("location", target)
            }
            Kind::GitLab => self.world.error(
                405,
                "405 Non GET methods are not allowed for moved projects",
            ),
            Kind::Gitea => {
                let target = format!("{api}/repos/{}{}{query}", project.path, rest(4));
                Answer::empty(307).with("location", target)
            }
        })
    }

    /// One page of a list, with the links to the others.
    pub(super) fn page<T>(&self, all: &[T], render: impl Fn(&T) -> Value) -> Answer {
        let (shown, page, size) = self.slice(all);
        let body: Vec<Value> = shown.iter().map(render).collect();
        let answer = Answer::json(200, &Value::Array(body));
        self.with_links(answer, all.len(), page, size)
    }

    /// The part of a list that is asked for; the number of the page, and how many are on one.
    pub(super) fn slice<'b, T>(&self, all: &'b [T]) -> (&'b [T], usize, usize) {
        let (name, usual, most) = match self.world.kind {
            Kind::GitHub => ("per_page", 30, 100),
            Kind::GitLab => ("per_page", 20, 100),
            Kind::Gitea => ("limit", 30, 50),
        };
        let figure = |name: &str| self.request.parameter(name)?.parse::<usize>().ok();
        let size = figure(name).unwrap_or(usual).clamp(1, most);
        let page = figure("page").unwrap_or(1).max(1);
        let from = (page - 1).saturating_mul(size).min(all.len());
        let to = from.saturating_add(size).min(all.len());
        (&all[from..to], page, size)
    }

    pub(super) fn with_links(
        &self,
        answer: Answer,
        count: usize,
        page: usize,
        size: usize,
    ) -> Answer {
        let last = count.div_ceil(size).max(1);
        let mut links = Vec::new();
        let mut link = |page: usize, name: &str| {
            let url = self.page_url(page, size);
            links.push(format!("<{url}>; rel=\"{name}\""));
        };
        if page > 1 {
            link((page - 1).min(last), "prev");
        }
        if page < last {
            link(page + 1, "next");
            link(last, "last");
        }
        if page > 1 {
            link(1, "first");
        }
        let next = if page < last {
            (page + 1).to_string()
        } else {
            String::new()
        };
        let answer = if links.is_empty() {
            answer
        } else {
            answer.with("link", links.join(", "))
        };
        match self.world.kind {
            Kind::GitHub => answer,
            Kind::GitLab => answer
                .with("x-page", page.to_string())
                .with("x-per-page", size.to_string())
                .with("x-next-page", next)
                .with("x-total", count.to_string())
                .with("x-total-pages", last.to_string()),
            Kind::Gitea => answer.with("x-total-count", count.to_string()),
        }
    }

    fn page_url(&self, page: usize, size: usize) -> String {
        let name = if self.world.kind == Kind::Gitea {
            "limit"
        } else {
            "per_page"
        };
        let pairs = url::form_urlencoded::parse(self.request.query.as_bytes());
        let kept = pairs.filter(|(key, _)| key != "page" && key != name);
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept)
            .append_pair(name, &size.to_string())
            .append_pair("page", &page.to_string())
            .finish();
        let path = self.request.path.strip_prefix(&self.world.root);
        format!(
            "{}{}?{query}",
            self.world.base_url,
            path.unwrap_or_default()
        )
    }
}
