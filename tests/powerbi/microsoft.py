"""Microsoft's own tools: the TMDL reader, the report validator, the parser of M. From npm, for development only."""

import json
import shutil
import subprocess
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.powerbi.project import Project, read_json

HERE = Path(__file__).parent


class ToolsMissing(Exception):
    """They are not installed, and can't be."""


class MicrosoftTools:
    """What package.json names, installed in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._install()
        self._reader = self._start_reader()

    def _install(self) -> None:
        wanted = (HERE / "package.json").read_text()
        installed = self.folder / "package.json"
        if shutil.which("node") is None or shutil.which("npm") is None:
            raise ToolsMissing("No node and npm on the PATH")
        if (self.folder / "installed").exists() and installed.read_text() == wanted:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        installed.write_text(wanted)
        npm = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        try:
            done = subprocess.run(npm, cwd=self.folder, capture_output=True, text=True, timeout=180, check=False)
        except subprocess.TimeoutExpired:
            raise ToolsMissing("npm took more than three minutes") from None
        if done.returncode:
            raise ToolsMissing(f"npm can't install Microsoft's tools: {done.stderr.strip()[:300]}")
        (self.folder / "installed").touch()

    @cached_property
    def _packages(self) -> Path:
        return self.folder / "node_modules" / "@microsoft"

    def report_problems(self, project: Project) -> list[str]:
        """What the report validator says; schemas that it can't fetch are checked by files_keep_their_schema."""
        program = self._packages / "powerbi-report-authoring-cli" / "dist" / "cli.js"
        command = ["node", str(program), "validate", str(project.report)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        said = json.loads(done.stdout).get("data", {}).get("diagnostics", {})
        return [
            f"{code}: {item['message']}"
            for code, group in said.items()
            if not code.endswith("_UNREACHABLE")
            for item in group["items"]
        ]

    def m_problems(self, project: Project) -> list[str]:
        """M that does not parse: shared expressions, partitions, what the incremental refresh reads."""
        model = project.model
        texts = {f"expression {name}": node.value for name, node in model.expressions.items()}
        for name, table in model.tables.items():
            texts |= {f"table {name}": partition.properties["source"] for partition in table.all("partition")}
            texts |= {f"policy {name}": each.properties["sourceExpression"] for each in table.all("refreshPolicy")}
        done = subprocess.run(
            ["node", str(HERE / "parse_m.cjs")],
            input=json.dumps(texts),
            env={"NODE_PATH": str(self.folder / "node_modules"), "PATH": str(Path(shutil.which("node") or "").parent)},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return [f"{what}: {error}" for what, error in json.loads(done.stdout).items()]

    def tmdl_problems(self, project: Project, scratch: Path) -> list[str]:
        """What Microsoft's TMDL reader says, and where it read something else than our own reader did."""
        definition = project.folder / "MarketAnalysis.SemanticModel" / "definition"
        scratch.mkdir(parents=True, exist_ok=True)
        written = scratch / "model.bim"
        try:
            self._reader.use("connection_operations", operation="ConnectFolder", folderPath=str(definition))
            self._reader.use("database_operations", operation="ExportToBimFile", bimFilePath=str(written))
            self._reader.use("connection_operations", operation="Disconnect")
        except RuntimeError as error:
            return [str(error)]
        return _differences(read_json(written)["model"], project)

    def _start_reader(self) -> "_Session":
        """The TMDL reader, started once: it takes seconds."""
        programs = sorted(self._packages.glob("powerbi-modeling-mcp-*/dist/powerbi-modeling-mcp*"))
        if not programs:
            raise ToolsMissing("Microsoft's TMDL reader is not made for this machine")
        programs[0].chmod(0o755)
        self._process = subprocess.Popen(
            [str(programs[0]), "--start"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        session = _Session(self._process)
        session.ask("initialize", protocolVersion="2024-11-05", capabilities={}, clientInfo=_CLIENT)
        session.tell("notifications/initialized")
        return session

    def close(self) -> None:
        """Stop what was started."""
        self._process.communicate(timeout=30)


_CLIENT = {"name": "powerbi-check", "version": "1"}


class _Session:
    """JSON-RPC over a process's stdin and stdout, one request at a time."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin
        assert process.stdout
        self.requests, self.answers = process.stdin, process.stdout
        self.count = 0

    def tell(self, method: str, **params: Any) -> None:
        self._send({"method": method, "params": params})

    def ask(self, method: str, **params: Any) -> Any:
        self.count += 1
        self._send({"id": self.count, "method": method, "params": params})
        for line in self.answers:
            answer = json.loads(line) if line.startswith("{") else {}
            if answer.get("id") == self.count:
                return answer.get("result", {"isError": True, "content": [{"text": str(answer.get("error"))}]})
        raise RuntimeError(f"The TMDL reader ended at {method}")

    def use(self, tool: str, **request: str) -> None:
        result = self.ask("tools/call", name=tool, arguments={"request": request})
        if result.get("isError"):
            raise RuntimeError(result["content"][0]["text"][:500])

    def _send(self, message: dict[str, Any]) -> None:
        self.requests.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.requests.flush()


def _differences(bim: dict[str, Any], project: Project) -> list[str]:
    model = project.model
    theirs: dict[str, Any] = {}
    ours: dict[str, Any] = {}
    for table in bim["tables"]:
        for column in table["columns"]:
            theirs[f"{table['name']}[{column['name']}]"] = (column["dataType"], column["sourceColumn"])
        for measure in table.get("measures", []):
            theirs[measure["name"]] = (_words(measure["expression"]), measure.get("displayFolder"))
        for partition in table["partitions"]:
            theirs[f"partition {partition['name']}"] = _words(partition["source"]["expression"])
    for name, table in model.tables.items():
        for column in table.all("column"):
            ours[f"{name}[{column.name}]"] = (column.properties["dataType"], column.properties["sourceColumn"])
        for measure in table.all("measure"):
            ours[measure.name] = (_words(measure.value), measure.properties.get("displayFolder"))
        for partition in table.all("partition"):
            ours[f"partition {partition.name}"] = _words(partition.properties["source"])
    theirs["relationships"], ours["relationships"] = len(bim["relationships"]), len(model.relationships)
    theirs["roles"] = [_words(it["filterExpression"]) for role in bim["roles"] for it in role["tablePermissions"]]
    ours["roles"] = [_words(it.value) for role in model.roles for it in role.all("tablePermission")]
    return [
        f"Read otherwise by Microsoft: {name}"
        for name in theirs.keys() | ours.keys()
        if theirs.get(name) != ours.get(name)
    ]


def _words(expression: str | list[str]) -> str:
    """An expression in one line; BIM has a list of lines where there are several."""
    return " ".join((expression if isinstance(expression, str) else "\n".join(expression)).split())
