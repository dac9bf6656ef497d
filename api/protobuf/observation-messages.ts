import type { MessageTable } from './table.ts';

/** What happened, and what is used. */
export const observationMessages: MessageTable = {
  'events.k8s.io/v1': {
    Event:
      'metadata=1:ObjectMeta eventTime=2:micro-time series=3:EventSeries reportingController=4 reportingInstance=5 action=6 reason=7 regarding=8:ObjectReference related=9:ObjectReference note=10 type=11 deprecatedSource=12:EventSource deprecatedFirstTimestamp=13:time deprecatedLastTimestamp=14:time deprecatedCount=15:int',
    EventSeries: 'count=1:int lastObservedTime=2:micro-time',
  },
  'metrics.k8s.io/v1beta1': {
    NodeMetrics: 'metadata=1:ObjectMeta timestamp=2:time window=3:duration usage=4:{}quantity',
    PodMetrics: 'metadata=1:ObjectMeta timestamp=2:time window=3:duration containers=4:[]ContainerMetrics',
    ContainerMetrics: 'name=1 usage=2:{}quantity',
  },
};
