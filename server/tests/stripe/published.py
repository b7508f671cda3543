"""Writes published.json: every parameter that Stripe publishes for the requests the tests may see, out of Stripe's own Python package.

    pip download --no-deps --dest /tmp/stripe stripe==12.0.1 && unzip -d /tmp/stripe /tmp/stripe/stripe-12.0.1-*.whl
    python3 server/tests/stripe/published.py /tmp/stripe > server/tests/stripe/published.json

Names are as forms spell them, with `[]` for an index and `[*]` for any key. Beside each stands what it may be, or null for anything.
"""

import ast
import json
import pathlib
import re
import sys

# The files of the services, and the requests that are wanted of each.
SERVICES = {
    "_coupon_service": {"create", "list", "retrieve", "update"},
    "_customer_service": {"list", "retrieve"},
    "_invoice_service": {"create_preview", "list", "pay", "retrieve", "void_invoice"},
    "_price_service": {"list", "retrieve"},
    "_product_service": {"list", "retrieve"},
    "_promotion_code_service": {"list", "retrieve"},
    "_subscription_schedule_service": {"release"},
    "_subscription_service": {"cancel", "list", "resume", "retrieve", "update"},
    "_webhook_endpoint_service": {"list"},
    "billing_portal/_session_service": {"create"},
}


class Service:
    def __init__(self, file):
        (self.of,) = [one for one in ast.parse(file.read_text()).body if isinstance(one, ast.ClassDef)]
        self.types = {one.name: one for one in self.of.body if isinstance(one, ast.ClassDef)}
        self.methods = [one for one in self.of.body if isinstance(one, ast.FunctionDef)]

    def operation(self, method):
        """Method and path of a request, and the name of what it takes."""
        (request,) = [
            one
            for one in ast.walk(method)
            if isinstance(one, ast.Call) and getattr(one.func, "attr", "") == "_request"
        ]
        verb, path = request.args[0].value, request.args[1]
        path = path.func.value.value if isinstance(path, ast.Call) else path.value
        path = re.sub(r"\{[^}]*\}", "{}", path).lstrip("/")
        (params,) = [one for one in method.args.args if one.arg == "params"]
        return f"{verb.upper()} {path}", re.search(r"Service\.(\w+)", ast.unparse(params.annotation))[1]

    def members(self, name, prefix, into):
        for member in self.types[name].body:
            if isinstance(member, ast.AnnAssign):
                own = member.target.id
                self.member(member.annotation, f"{prefix}[{own}]" if prefix else own, into)

    def member(self, annotation, name, into):
        """Notes what one member may be. A union is all of its parts."""
        words, free = [], False
        for part in self.parts(annotation):
            kind = ast.unparse(part)
            if kind.startswith("Literal["):
                words += [one.value for one in ast.walk(part.slice) if isinstance(one, ast.Constant)]
            elif kind.startswith(("List[", "Sequence[")):
                self.member(part.slice, f"{name}[]", into)
            elif kind.startswith("Dict["):
                self.member(part.slice.elts[1], f"{name}[*]", into)
            elif "Service." in kind:
                self.members(kind.split(".")[-1], name, into)
            elif kind != "None":
                free = True
        if free:
            into[name] = None
        elif words:
            into[name] = words

    def parts(self, annotation):
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            return self.parts(ast.parse(annotation.value, mode="eval").body)
        if isinstance(annotation, ast.BinOp):
            return self.parts(annotation.left) + self.parts(annotation.right)
        if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) in ("NotRequired", "Optional"):
            return self.parts(annotation.slice)
        if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "Union":
            return [part for one in annotation.slice.elts for part in self.parts(one)]
        return [annotation]


def main(package):
    operations = {}
    for name, wanted in SERVICES.items():
        service = Service(package / f"{name}.py")
        for method in service.methods:
            if method.name in wanted:
                operation, params = service.operation(method)
                service.members(params, "", operations.setdefault(operation, {}))
    version = re.search(r'CURRENT = "(.*)"', (package / "_api_version.py").read_text())[1]
    source = re.search(r'VERSION = "(.*)"', (package / "_version.py").read_text())[1]
    # A line each, so that a change can be read.
    print("{")
    print(f'  "version": "{version}",\n  "source": "stripe-python {source}",\n  "operations": {{')
    lines = []
    for operation in sorted(operations):
        members = operations[operation]
        inner = ",\n".join(f"      {json.dumps(name)}: {json.dumps(members[name])}" for name in sorted(members))
        lines.append(f"    {json.dumps(operation)}: {{\n{inner}\n    }}")
    print(",\n".join(lines))
    print("  }\n}")


main(pathlib.Path(sys.argv[1]) / "stripe")
