// Reads {name: M expression} from stdin; writes {name: error} of those that do not parse.
const { DefaultSettings, TaskUtils } = require("@microsoft/powerquery-parser");

async function main() {
  const expressions = JSON.parse(require("fs").readFileSync(0, "utf8"));
  const errors = {};
  for (const [name, text] of Object.entries(expressions)) {
    const task = await TaskUtils.tryLexParse(DefaultSettings, text);
    if (!TaskUtils.isParseStageOk(task)) errors[name] = task.error.message;
  }
  process.stdout.write(JSON.stringify(errors));
}

main();
