import type { FieldError } from '../meta/errors.ts';
import { duplicate, forbiddenField, labelKeyFault, required } from '../meta/validation.ts';
import { each, faultOf, portNumber, portReference, repeated, requiredName } from './checks.ts';
import type { ServicePort, ServiceSpec } from './service.ts';
import { isExternal } from './service-defaults.ts';

/** Faults of the ports of a service, each by itself and side by side. */
export function validateServicePorts(spec: ServiceSpec): FieldError[] {
  const ports = spec.ports ?? [];
  const path = 'spec.ports';
  const named = ports.map((port, index) => ({ ...port, index })).filter(({ name }) => name);
  const open = ports.map((port, index) => ({ ...port, index })).filter(({ nodePort }) => nodePort);
  return [
    ...each(ports, path, (port, at) => portFaults(port, at, spec, ports.length > 1)),
    ...repeated(named, ({ name = '' }) => name).map(([{ name, index }]) => duplicate(`${path}[${index}].name`, name)),
    ...repeated(ports, ({ port, protocol }) => `${port}/${protocol}`).map(([{ port, protocol }, index]) =>
      duplicate(`${path}[${index}]`, { port, protocol }),
    ),
    ...repeated(open, ({ nodePort, protocol }) => `${nodePort}/${protocol}`).map(([{ nodePort, index }]) =>
      duplicate(`${path}[${index}].nodePort`, nodePort),
    ),
  ];
}

function portFaults(port: ServicePort, path: string, spec: ServiceSpec, oneOfSeveral: boolean): FieldError[] {
  const { name, appProtocol, nodePort, targetPort } = port;
  return [
    ...(name || oneOfSeveral ? requiredName('label', `${path}.name`, name) : []),
    ...portNumber(`${path}.port`, port.port ?? 0),
    ...(port.protocol ? [] : [required(`${path}.protocol`)]),
    ...(targetPort === undefined ? [] : portReference(`${path}.targetPort`, targetPort)),
    ...(appProtocol ? faultOf(`${path}.appProtocol`, appProtocol, labelKeyFault(appProtocol)) : []),
    ...(nodePort ? nodePortFaults(nodePort, `${path}.nodePort`, spec) : []),
  ];
}

const nodePortFaults = (nodePort: number, path: string, spec: ServiceSpec): FieldError[] =>
  isExternal(spec)
    ? portNumber(path, nodePort)
    : [forbiddenField(path, `may not be used when \`type\` is '${spec.type}'`)];
