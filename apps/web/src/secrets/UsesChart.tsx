import { usesDays } from '@dropsafe/contract/secrets';
import Box from '@mui/material/Box';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { styled } from '@mui/material/styles';
import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { usesQuery } from './secret-page.queries.ts';
import { barsOf, dayText, summaryOf, type DayOfUse } from './uses-chart.ts';

/** How often a secret was used on each of the last days, and how often that failed. */
export function UsesChart({ name }: { name: string }) {
  const uses = useQuery(usesQuery(name));
  const summary = uses.data && summaryOf(uses.data);
  if (uses.data === undefined)
    return uses.isError ? (
      <ProblemAlert problem={uses.error} onRetry={() => void uses.refetch()} />
    ) : (
      <Skeleton variant="rounded" height={height + 60} aria-busy />
    );
  if (summary === undefined)
    return (
      <Typography variant="body2" sx={{ color: 'text.secondary' }}>
        Not used in the last {usesDays} days.
      </Typography>
    );
  return (
    <>
      <Typography variant="body2">{summary}</Typography>
      <Chart days={uses.data} />
      <HiddenTable days={uses.data.filter((day) => day.uses > 0)} />
    </>
  );
}

const height = 120;

/** A picture of what the sentence above and the table below say: not for screen readers. */
function Chart({ days }: { days: readonly DayOfUse[] }) {
  const id = useId();
  const { top, bars } = barsOf(days, height);
  const slot = 100 / bars.length;
  const texts = new Map(
    days.map(({ day, uses, failures }) => [
      day,
      `${dayText(day)}: ${uses} uses, ${failures} failed`,
    ]),
  );
  const labels = [bars[0], bars[Math.floor(bars.length / 2)], bars.at(-1)];
  return (
    <Box aria-hidden sx={{ mt: 1.5, fontSize: '0.75rem', color: 'text.secondary' }}>
      <Box sx={{ lineHeight: 1.4 }}>{top.toLocaleString('en')}</Box>
      <Picture width="100%" height={height + 1}>
        <pattern
          id={id}
          width="5"
          height="5"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <rect className="stripe" width="3" height="5" />
        </pattern>
        <line x2="100%" y1="0.5" y2="0.5" />
        <line x2="100%" y1={height / 2 + 0.5} y2={height / 2 + 0.5} />
        {bars.map(({ day, succeeded, failed }, index) => (
          <g key={day}>
            <title>{texts.get(day)}</title>
            {/* As high as the chart: what one points at need not be hit exactly. */}
            <rect className="slot" x={`${index * slot}%`} width={`${slot}%`} height={height} />
            {succeeded > 0 && (
              <rect
                className="succeeded"
                x={`${(index + 0.14) * slot}%`}
                width={`${0.72 * slot}%`}
                y={height - succeeded}
                height={succeeded}
              />
            )}
            {failed > 0 && (
              <rect
                className="failed"
                fill={`url(#${id})`}
                x={`${(index + 0.14) * slot}%`}
                width={`${0.72 * slot}%`}
                y={height - succeeded - failed}
                height={failed - (succeeded > 0 ? 1 : 0)}
              />
            )}
          </g>
        ))}
        <line className="foot" x2="100%" y1={height + 0.5} y2={height + 0.5} />
      </Picture>
      <Box sx={{ display: 'flex', justifyContent: 'space-between', mt: 0.25 }}>
        {labels.map((bar) => bar && <span key={bar.day}>{dayText(bar.day)}</span>)}
      </Box>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', columnGap: 2, mt: 1 }}>
        <Legend>
          <Picture width="12" height="12">
            <rect className="succeeded" width="12" height="12" />
          </Picture>
          Succeeded
        </Legend>
        <Legend>
          <Picture width="12" height="12">
            <rect className="failed" fill={`url(#${id})`} x="0.5" y="0.5" width="11" height="11" />
          </Picture>
          Failed
        </Legend>
      </Box>
    </Box>
  );
}

// Failures are striped and framed: they are told apart without colours, too.
const Picture = styled('svg')(({ theme: { vars } }) => ({
  display: 'block',
  flex: 'none',
  '& line': { stroke: vars.palette.divider },
  '& .foot': { stroke: vars.palette.text.secondary },
  '& .slot': { fill: 'transparent' },
  '& g:hover .slot': { fill: vars.palette.action.hover },
  '& .succeeded': { fill: vars.palette.primary.main },
  '& .failed': { stroke: vars.palette.error.main },
  '& .stripe': { fill: vars.palette.error.main },
}));

const Legend = styled('span')({ display: 'inline-flex', alignItems: 'center', gap: 6 });

/** For screen readers. In a box of its own: a table would not be cut off. */
function HiddenTable({ days }: { days: readonly DayOfUse[] }) {
  return (
    <Box
      sx={{
        position: 'absolute',
        width: '1px',
        height: '1px',
        overflow: 'hidden',
        clipPath: 'inset(50%)',
      }}
    >
      <table>
        <caption>Uses by day, in UTC</caption>
        <thead>
          <tr>
            <th scope="col">Day</th>
            <th scope="col">Uses</th>
            <th scope="col">Failed</th>
          </tr>
        </thead>
        <tbody>
          {days.map(({ day, uses, failures }) => (
            <tr key={day}>
              <th scope="row">{dayText(day)}</th>
              <td>{uses}</td>
              <td>{failures}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Box>
  );
}
