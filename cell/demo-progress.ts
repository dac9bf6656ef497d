import type { Deployment } from '../api/apps/deployment.ts';
import type { Job } from '../api/batch/job.ts';

export interface Progress {
  readonly line: string;
  readonly done: boolean;
}

/** How far a Deployment or Job of the examples has come. */
export function progressOf(object: Deployment | Job): Progress {
  return object.kind === 'Job' ? jobProgress(object as Job) : deploymentProgress(object as Deployment);
}

function deploymentProgress({ metadata, spec, status }: Deployment): Progress {
  const wanted = spec?.replicas ?? 1;
  const available = status?.availableReplicas ?? 0;
  const updated = status?.updatedReplicas ?? 0;
  const seen = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
  return {
    line: `deployment/${metadata?.name}: ${available} of ${wanted} replicas available`,
    done: seen && available >= wanted && updated >= wanted,
  };
}

function jobProgress({ metadata, spec, status }: Job): Progress {
  const wanted = spec?.completions ?? 1;
  const succeeded = status?.succeeded ?? 0;
  const ended = status?.conditions?.find(
    ({ type, status: value }) => ['Complete', 'Failed'].includes(type) && value === 'True',
  );
  const failed = status?.failed ? `, ${status.failed} failed` : '';
  return {
    line: `job/${metadata?.name}: ${succeeded} of ${wanted} pods done${failed}`,
    done: ended !== undefined,
  };
}
