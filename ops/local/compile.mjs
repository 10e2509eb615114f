// Byte code for AWS's Python: node compile.mjs DIRECTORY
//
// A function's directory is read-only on AWS: without byte code in it every cold start compiles
// all of it again. Byte code belongs to a Python version and not to a processor, so CPython 3.14
// as WebAssembly makes it on any machine, whatever Python that machine has.
import { loadPyodide } from "pyodide";

const python = await loadPyodide();
python.FS.mkdirTree("/asset");
python.FS.mount(python.FS.filesystems.NODEFS, { root: process.argv[2] }, "/asset");
const compiled = python.runPython(`
import compileall, py_compile
compileall.compile_dir(
    "/asset", quiet=1, stripdir="/asset", prependdir="/var/task",
    invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
)
`);
process.exit(compiled ? 0 : 1);
